// How is a signature verified in PHP?
// Made from docs/receivers/php by samples/make.mjs.
export const verifyName = 'verify.php';
export const receiverName = 'receiver.php';
export const verify = `<?php
// Verifies webhook signatures. Each function throws Refused, or returns: then the request is genuine.
// $headers: an array with lower-case names: array_change_key_case(getallheaders()). $body: the raw bytes.
declare(strict_types=1);

class Refused extends Exception {}

function verifyStandard(array $headers, string $body, string $secret, ?int $now = null): void
{
    $id = required($headers, 'webhook-id');
    $timestamp = required($headers, 'webhook-timestamp');
    $signatures = required($headers, 'webhook-signature');
    checkTime($timestamp, $now ?? time());
    $key = (string) base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    checkListed('v1,' . base64_encode(hmac($key, "$id.$timestamp.$body")), $signatures);
}

function verifyBody(array $headers, string $body, string $secret, string $prefix = 'X-Webhook'): void
{
    $signatures = required($headers, "$prefix-Signature");
    checkListed('sha256=' . bin2hex(hmac($secret, $body)), $signatures);
}

// $path: as it is in the URL that is called, percent-encoded, without the query.
function verifyCovered(
    array $headers, string $body, string $path, string $secret, string $prefix = 'X-Webhook', ?int $now = null
): void {
    $timestamp = required($headers, "$prefix-Timestamp");
    $nonce = required($headers, "$prefix-Nonce");
    $signatures = required($headers, "$prefix-Signature");
    checkTime($timestamp, $now ?? time());
    checkListed('sha256=' . bin2hex(hmac($secret, "$timestamp.$nonce.$path.$body")), $signatures);
}

function required(array $headers, string $name): string
{
    $value = $headers[strtolower($name)] ?? '';
    if (!is_string($value) || $value === '') {
        throw new Refused("$name is missing");
    }
    return $value;
}

function checkTime(string $timestamp, int $now): void
{
    if (!preg_match('/^[0-9]{1,12}$/D', $timestamp)) {
        throw new Refused('the timestamp is malformed');
    }
    if (abs($now - (int) $timestamp) > 300) {
        throw new Refused('the timestamp is too far from now');
    }
}

function hmac(string $key, string $message): string
{
    if (strlen($key) < 16) {
        throw new Refused('the secret is missing or too short');
    }
    return hash_hmac('sha256', $message, $key, true);
}

function checkListed(string $expected, string $signatures): void
{
    foreach (explode(' ', $signatures) as $entry) {
        if (hash_equals($expected, $entry)) {
            return;
        }
    }
    throw new Refused('no signature matches');
}
`;
export const receiver = `<?php
// A webhook receiver with PHP's own server, or FPM: verify, then work, then remember.
// Run: php -S 127.0.0.1:9000 receiver.php
declare(strict_types=1);

require __DIR__ . '/verify.php';

// Until the work is done. PHP answers 200 to what ends with an uncaught exception where errors are displayed.
http_response_code(500);

function setting(string $name, string $default = ''): string
{
    return getenv($name) ?: $default;
}

function verify(array $headers, string $body): void
{
    $secret = setting('WEBHOOK_SECRET');
    $prefix = setting('WEBHOOK_PREFIX', 'X-Webhook');
    match (setting('WEBHOOK_PROFILE', 'standard')) {
        'body' => verifyBody($headers, $body, $secret, $prefix),
        'covered' => verifyCovered($headers, $body, explode('?', $_SERVER['REQUEST_URI'])[0], $secret, $prefix),
        default => verifyStandard($headers, $body, $secret),
    };
}

// Your work. It may fail: then the webhook comes again.
function work(array $event): void
{
    $line = json_encode($event, JSON_UNESCAPED_UNICODE) . "\\n";
    if (file_put_contents(setting('INBOX', '.') . '/events.jsonl', $line, FILE_APPEND) === false) {
        throw new RuntimeException('the event could not be kept');
    }
}

// Which events are done: a line each, under a lock. In earnest this is a table with a unique key, written in the
// transaction of the work.
function workOnce(array $event): void
{
    $memory = fopen(setting('INBOX', '.') . '/done.txt', 'c+');
    if ($memory === false || !flock($memory, LOCK_EX)) {
        throw new RuntimeException('the memory cannot be used');
    }
    $done = explode("\\n", stream_get_contents($memory));
    if (!in_array($event['id'], $done, true)) {
        work($event);
        fwrite($memory, $event['id'] . "\\n");
    }
    fclose($memory);
}

$body = file_get_contents('php://input');
try {
    verify(array_change_key_case(getallheaders()), $body);
} catch (Refused $why) {
    http_response_code(401);
    exit($why->getMessage());
}
workOnce(json_decode($body, true, 512, JSON_THROW_ON_ERROR));
http_response_code(200);
`;
