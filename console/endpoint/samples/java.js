// How is a signature verified in Java?
// Made from docs/receivers/java by samples/make.mjs.
export const verifyName = 'Webhooks.java';
export const receiverName = 'Receiver.java';
export const verify = `import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Verifies webhook signatures. Each method throws Refused, or returns: then the request is genuine. */
public final class Webhooks {
    public static final class Refused extends Exception {
        Refused(String why) { super(why); }
    }

    // headers: names in lower case. body: the raw bytes. now: Instant.now().getEpochSecond().
    public static void verifyStandard(Map<String, String> headers, byte[] body, String secret, long now)
            throws Refused {
        String id = required(headers, "webhook-id");
        String timestamp = required(headers, "webhook-timestamp");
        String signatures = required(headers, "webhook-signature");
        checkTime(timestamp, now);
        byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
        byte[] mac = hmac(key, id + "." + timestamp + ".", body);
        checkListed("v1," + Base64.getEncoder().encodeToString(mac), signatures);
    }

    // prefix: X-Webhook unless the sender chose another.
    public static void verifyBody(Map<String, String> headers, byte[] body, String secret, String prefix)
            throws Refused {
        String signatures = required(headers, prefix + "-Signature");
        checkListed("sha256=" + HexFormat.of().formatHex(hmac(utf8(secret), "", body)), signatures);
    }

    // path: as it is in the URL that is called, percent-encoded, without the query.
    public static void verifyCovered(
            Map<String, String> headers, byte[] body, String path, String secret, String prefix, long now)
            throws Refused {
        String timestamp = required(headers, prefix + "-Timestamp");
        String nonce = required(headers, prefix + "-Nonce");
        String signatures = required(headers, prefix + "-Signature");
        checkTime(timestamp, now);
        byte[] mac = hmac(utf8(secret), timestamp + "." + nonce + "." + path + ".", body);
        checkListed("sha256=" + HexFormat.of().formatHex(mac), signatures);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String required(Map<String, String> headers, String name) throws Refused {
        String value = headers.get(name.toLowerCase(Locale.ROOT));
        if (value == null || value.isEmpty()) throw new Refused(name + " is missing");
        return value;
    }

    private static void checkTime(String timestamp, long now) throws Refused {
        if (!timestamp.matches("[0-9]{1,12}")) throw new Refused("the timestamp is malformed");
        if (Math.abs(now - Long.parseLong(timestamp)) > 300) {
            throw new Refused("the timestamp is too far from now");
        }
    }

    private static byte[] hmac(byte[] key, String head, byte[] body) throws Refused {
        if (key.length < 16) throw new Refused("the secret is missing or too short");
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(utf8(head));
            return mac.doFinal(body);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every Java has HmacSHA256
        }
    }

    private static void checkListed(String expected, String signatures) throws Refused {
        for (String entry : signatures.split(" ")) {
            if (MessageDigest.isEqual(utf8(entry), utf8(expected))) return;
        }
        throw new Refused("no signature matches");
    }

    private Webhooks() {}
}
`;
export const receiver = `import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A webhook receiver with jdk.httpserver: verify, then work, then remember. Run: javac *.java && java Receiver */
public final class Receiver {
    private static final String SECRET = setting("WEBHOOK_SECRET", "");
    private static final String PREFIX = setting("WEBHOOK_PREFIX", "X-Webhook");

    /** Which events are done. In earnest this is a table with a unique key, written in the transaction of the work. */
    private static final Set<String> DONE = new HashSet<>();

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    private static void verify(HttpExchange exchange, byte[] body) throws Webhooks.Refused {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders().forEach((name, values) ->
                headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        long now = Instant.now().getEpochSecond();
        switch (setting("WEBHOOK_PROFILE", "standard")) {
            case "body" -> Webhooks.verifyBody(headers, body, SECRET, PREFIX);
            case "covered" -> {
                String path = exchange.getRequestURI().getRawPath(); // servlet: request.getRequestURI()
                Webhooks.verifyCovered(headers, body, path, SECRET, PREFIX, now);
            }
            default -> Webhooks.verifyStandard(headers, body, SECRET, now);
        }
    }

    /** Your work. It may fail: then the webhook comes again. */
    private static void work(String event) throws IOException {
        Path inbox = Path.of(setting("INBOX", "."), "events.jsonl");
        Files.writeString(inbox, event + "\\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static synchronized void workOnce(String event) throws IOException {
        String id = idOf(event);
        if (DONE.contains(id)) return;
        work(event);
        DONE.add(id);
    }

    /** The id is the body's first member; with a JSON library, read it by its name. */
    private static String idOf(String event) throws IOException {
        Matcher matcher = Pattern.compile("^\\\\{\\"id\\":\\"([^\\"]+)\\"").matcher(event);
        if (!matcher.find()) throw new IOException("the event has no id");
        return matcher.group(1);
    }

    private static void receive(HttpExchange exchange) throws IOException {
        int status = 200;
        String text = "";
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            verify(exchange, body);
            workOnce(new String(body, StandardCharsets.UTF_8));
        } catch (Webhooks.Refused refused) {
            status = 401;
            text = refused.getMessage();
        } catch (IOException | RuntimeException failed) {
            status = 500;
            text = String.valueOf(failed.getMessage());
        }
        byte[] answer = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(setting("PORT", "9000"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", Receiver::receive);
        server.start();
    }

    private Receiver() {}
}
`;
