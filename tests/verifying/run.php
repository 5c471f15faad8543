<?php
// Judges the cases on standard input with the sample beside it; see README.md.
declare(strict_types=1);

require __DIR__ . '/verify.php';

foreach (explode("\n", stream_get_contents(STDIN)) as $line) {
    if ($line === '') {
        continue;
    }
    $fields = explode("\t", $line);
    [$profile, $now, $path, $secret, $prefix, $encoded] = $fields;
    $body = base64_decode($encoded, true);
    $headers = [];
    foreach (array_slice($fields, 6) as $field) {
        [$name, $value] = explode('=', $field, 2);
        $headers[$name] = $value;
    }
    try {
        match ($profile) {
            'standard' => verifyStandard($headers, $body, $secret, (int) $now),
            'body' => verifyBody($headers, $body, $secret, $prefix),
            'covered' => verifyCovered($headers, $body, $path, $secret, $prefix, (int) $now),
        };
        echo "ok\n";
    } catch (Refused) {
        echo "refused\n";
    }
}
