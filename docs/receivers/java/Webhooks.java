import java.nio.charset.StandardCharsets;
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
