import com.sun.net.httpserver.HttpExchange;
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
        Files.writeString(inbox, event + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static synchronized void workOnce(String event) throws IOException {
        String id = idOf(event);
        if (DONE.contains(id)) return;
        work(event);
        DONE.add(id);
    }

    /** The id is the body's first member; with a JSON library, read it by its name. */
    private static String idOf(String event) throws IOException {
        Matcher matcher = Pattern.compile("^\\{\"id\":\"([^\"]+)\"").matcher(event);
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
