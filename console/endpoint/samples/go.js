// How is a signature verified in Go?
// Made from docs/receivers/go by samples/make.mjs.
export const verifyName = 'verify.go';
export const receiverName = 'receiver.go';
export const verify = `package main // or yours

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
`;
export const receiver = `// A webhook receiver with net/http: verify, then work, then remember. Run: go run verify.go receiver.go
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func verify(r *http.Request, body []byte) error {
	secret, prefix := os.Getenv("WEBHOOK_SECRET"), setting("WEBHOOK_PREFIX", "X-Webhook")
	now := time.Now().Unix()
	switch setting("WEBHOOK_PROFILE", "standard") {
	case "body":
		return VerifyBody(r.Header, body, secret, prefix)
	case "covered":
		return VerifyCovered(r.Header, body, r.URL.EscapedPath(), secret, prefix, now)
	default:
		return VerifyStandard(r.Header, body, secret, now)
	}
}

// Your work. It may fail: then the webhook comes again.
func work(body []byte) error {
	file, err := os.OpenFile(setting("INBOX", ".")+"/events.jsonl", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintf(file, "%s\\n", body); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
var (
	done       = map[string]bool{}
	oneAtATime sync.Mutex
)

func workOnce(body []byte) error {
	var event struct{ ID string }
	if err := json.Unmarshal(body, &event); err != nil {
		return err
	}
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	if done[event.ID] {
		return nil
	}
	if err := work(body); err != nil {
		return err
	}
	done[event.ID] = true
	return nil
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = verify(r, body)
	}
	if err == nil {
		err = workOnce(body)
	}
	switch {
	case errors.Is(err, ErrRefused):
		http.Error(w, err.Error(), http.StatusUnauthorized)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+setting("PORT", "9000"), http.HandlerFunc(receive)))
}
`;
