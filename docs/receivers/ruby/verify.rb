# Verifies webhook signatures. Each method raises Refused, or returns: then the request is genuine.
# headers: a hash with lower-case names, such as "webhook-id". body: the raw bytes.
require "openssl"

module Webhooks
  class Refused < StandardError; end

  def self.verify_standard(headers, body, secret, now: Time.now.to_i)
    id = required(headers, "webhook-id")
    timestamp = required(headers, "webhook-timestamp")
    signatures = required(headers, "webhook-signature")
    check_time(timestamp, now)
    key = secret.delete_prefix("whsec_").unpack1("m")
    mac = hmac(key, "#{id}.#{timestamp}.", body)
    check_listed("v1,#{[mac].pack("m0")}", signatures)
  end

  def self.verify_body(headers, body, secret, prefix: "X-Webhook")
    signatures = required(headers, "#{prefix}-Signature")
    check_listed("sha256=#{hmac(secret, "", body).unpack1("H*")}", signatures)
  end

  # path: as it is in the URL that is called, percent-encoded, without the query.
  def self.verify_covered(headers, body, path, secret, prefix: "X-Webhook", now: Time.now.to_i)
    timestamp = required(headers, "#{prefix}-Timestamp")
    nonce = required(headers, "#{prefix}-Nonce")
    signatures = required(headers, "#{prefix}-Signature")
    check_time(timestamp, now)
    mac = hmac(secret, "#{timestamp}.#{nonce}.#{path.b}.", body)
    check_listed("sha256=#{mac.unpack1("H*")}", signatures)
  end

  class << self
    private

    # As bytes: neither the body nor a header need be valid UTF-8.
    def required(headers, name)
      value = headers[name.downcase].to_s.b
      raise Refused, "#{name} is missing" if value.empty?
      value
    end

    def check_time(timestamp, now)
      raise Refused, "the timestamp is malformed" unless timestamp.match?(/\A[0-9]{1,12}\z/)
      raise Refused, "the timestamp is too far from now" if (now - timestamp.to_i).abs > 300
    end

    def hmac(key, head, body)
      raise Refused, "the secret is missing or too short" if key.bytesize < 16
      OpenSSL::HMAC.digest("SHA256", key, head.b + body.b)
    end

    def check_listed(expected, signatures)
      found = signatures.split(" ").any? do |entry|
        entry.bytesize == expected.bytesize && OpenSSL.fixed_length_secure_compare(entry, expected)
      end
      raise Refused, "no signature matches" unless found
    end
  end
end
