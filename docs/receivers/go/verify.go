package main // or yours

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// ErrRefused is in every error of a request that is not genuine.
var ErrRefused = errors.New("webhook refused")

// VerifyStandard returns nil for a genuine request. body: the raw bytes. now: time.Now().Unix().
func VerifyStandard(headers http.Header, body []byte, secret string, now int64) error {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	signatures := headers.Get("webhook-signature")
	if id == "" || timestamp == "" || signatures == "" {
		return fmt.Errorf("%w: a header is missing", ErrRefused)
	}
	if err := checkTime(timestamp, now); err != nil {
		return err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return fmt.Errorf("%w: the secret is malformed", ErrRefused)
	}
	mac := sign(key, id+"."+timestamp+".", body)
	return checkListed(key, "v1,"+base64.StdEncoding.EncodeToString(mac), signatures)
}

// VerifyBody: prefix is X-Webhook unless the sender chose another.
func VerifyBody(headers http.Header, body []byte, secret, prefix string) error {
	signatures := headers.Get(prefix + "-Signature")
	if signatures == "" {
		return fmt.Errorf("%w: a header is missing", ErrRefused)
	}
	key := []byte(secret)
	return checkListed(key, "sha256="+hex.EncodeToString(sign(key, "", body)), signatures)
}

// VerifyCovered: path is r.URL.EscapedPath(), as it is in the URL that is called.
func VerifyCovered(headers http.Header, body []byte, path, secret, prefix string, now int64) error {
	timestamp, nonce := headers.Get(prefix+"-Timestamp"), headers.Get(prefix+"-Nonce")
	signatures := headers.Get(prefix + "-Signature")
	if timestamp == "" || nonce == "" || signatures == "" {
		return fmt.Errorf("%w: a header is missing", ErrRefused)
	}
	if err := checkTime(timestamp, now); err != nil {
		return err
	}
	key := []byte(secret)
	mac := sign(key, timestamp+"."+nonce+"."+path+".", body)
	return checkListed(key, "sha256="+hex.EncodeToString(mac), signatures)
}

func checkTime(timestamp string, now int64) error {
	if len(timestamp) > 12 || strings.Trim(timestamp, "0123456789") != "" {
		return fmt.Errorf("%w: the timestamp is malformed", ErrRefused)
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now-seconds > 300 || seconds-now > 300 {
		return fmt.Errorf("%w: the timestamp is too far from now", ErrRefused)
	}
	return nil
}

func sign(key []byte, head string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(head))
	mac.Write(body)
	return mac.Sum(nil)
}

func checkListed(key []byte, expected, signatures string) error {
	if len(key) < 16 {
		return fmt.Errorf("%w: the secret is missing or too short", ErrRefused)
	}
	for _, entry := range strings.Split(signatures, " ") {
		if hmac.Equal([]byte(entry), []byte(expected)) {
			return nil
		}
	}
	return fmt.Errorf("%w: no signature matches", ErrRefused)
}
