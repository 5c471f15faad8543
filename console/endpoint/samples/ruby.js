// How is a signature verified in Ruby?
// Made from docs/receivers/ruby by samples/make.mjs.
export const verifyName = 'verify.rb';
export const receiverName = 'receiver.rb';
export const verify = `# Verifies webhook signatures. Each method raises Refused, or returns: then the request is genuine.
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
      raise Refused, "the timestamp is malformed" unless timestamp.match?(/\\A[0-9]{1,12}\\z/)
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
`;
export const receiver = `# A webhook receiver with WEBrick: verify, then work, then remember. Run: ruby receiver.rb
require "json"
require "set"
require "webrick"
require_relative "verify"

SECRET = ENV.fetch("WEBHOOK_SECRET", "")
PREFIX = ENV.fetch("WEBHOOK_PREFIX", "X-Webhook")
INBOX = ENV.fetch("INBOX", ".")

def verify(request)
  headers = request.header.transform_values(&:first)
  case ENV.fetch("WEBHOOK_PROFILE", "standard")
  when "body" then Webhooks.verify_body(headers, request.body.to_s, SECRET, prefix: PREFIX)
  when "covered"
    path = request.unparsed_uri.split("?").first # Puma: env["REQUEST_URI"]
    Webhooks.verify_covered(headers, request.body.to_s, path, SECRET, prefix: PREFIX)
  else Webhooks.verify_standard(headers, request.body.to_s, SECRET)
  end
end

# Your work. It may fail: then the webhook comes again.
def work(event)
  File.write("#{INBOX}/events.jsonl", "#{JSON.generate(event)}\\n", mode: "a")
end

# Which events are done. In earnest this is a table with a unique key, written in the transaction of the work.
DONE = Set.new
ONE_AT_A_TIME = Mutex.new

def work_once(event)
  ONE_AT_A_TIME.synchronize do
    next if DONE.include?(event["id"])
    work(event)
    DONE << event["id"]
  end
end

server = WEBrick::HTTPServer.new(
  BindAddress: "127.0.0.1", Port: ENV.fetch("PORT", "9000").to_i, AccessLog: [],
  Logger: WEBrick::Log.new(nil, WEBrick::Log::FATAL)
)
server.mount_proc("/") do |request, response|
  verify(request)
  work_once(JSON.parse(request.body))
rescue Webhooks::Refused => e
  response.status = 401
  response.body = e.message
rescue StandardError => e
  response.status = 500
  response.body = e.message
end
server.start
`;
