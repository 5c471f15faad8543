<?php
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
    $line = json_encode($event, JSON_UNESCAPED_UNICODE) . "\n";
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
    $done = explode("\n", stream_get_contents($memory));
    if (!in_array($event['id'], $done, true)) {
        work($event);
        fwrite($memory, $event['id'] . "\n");
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
