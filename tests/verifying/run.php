<?php
// Judges the cases on standard input with the sample beside it; see README.md.
declare(strict_types=1);

require __DIR__ . '/verify.php';

$remembered = [];
$seen = function (string $id) use (&$remembered): bool {
    $before = in_array($id, $remembered, true);
    $remembered[] = $id;
    return $before;
};

foreach (explode("\n", stream_get_contents(STDIN)) as $line) {
    if ($line === '') {
        continue;
    }
    $fields = explode("\t", $line);
    [$profile, $now, $path, $secret, $encoded] = $fields;
    $body = base64_decode($encoded, true);
    $headers = [];
    foreach (array_slice($fields, 5) as $field) {
        [$name, $value] = explode('=', $field, 2);
        $headers[$name] = $value;
    }
    try {
        match ($profile) {
            'standard' => verifyStandard($headers, $body, $secret, $seen, (int) $now),
            'body' => verifyBody($headers, $body, $secret, $seen),
            'covered' => verifyCovered($headers, $body, $path, $secret, $seen, (int) $now),
        };
        echo "ok\n";
    } catch (Refused) {
        echo "refused\n";
    }
}
