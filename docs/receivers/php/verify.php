<?php
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
