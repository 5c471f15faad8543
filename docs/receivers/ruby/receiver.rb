# A webhook receiver with WEBrick: verify, then work, then remember. Run: ruby receiver.rb
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
  File.write("#{INBOX}/events.jsonl", "#{JSON.generate(event)}\n", mode: "a")
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
