// Judges the cases on standard input with the sample beside it; see README.md.
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

public final class Run {
    public static void main(String[] args) throws Exception {
        String input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        for (String line : input.split("\n")) {
            if (line.isEmpty()) continue;
            String[] fields = line.split("\t", -1);
            long now = Long.parseLong(fields[1]);
            String path = fields[2];
            String secret = fields[3];
            String prefix = fields[4];
            byte[] body = Base64.getDecoder().decode(fields[5]);
            Map<String, String> headers = new HashMap<>();
            for (int i = 6; i < fields.length; i++) {
                String[] pair = fields[i].split("=", 2);
                headers.put(pair[0], pair[1]);
            }
            try {
                switch (fields[0]) {
                    case "standard" -> Webhooks.verifyStandard(headers, body, secret, now);
                    case "body" -> Webhooks.verifyBody(headers, body, secret, prefix);
                    case "covered" -> Webhooks.verifyCovered(headers, body, path, secret, prefix, now);
                    default -> throw new IllegalArgumentException("unknown profile " + fields[0]);
                }
                System.out.println("ok");
            } catch (Webhooks.Refused refused) {
                System.out.println("refused");
            }
        }
    }
}
