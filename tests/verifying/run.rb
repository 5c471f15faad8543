# Judges the cases on standard input with the sample beside it; see README.md.
require_relative "verify"

$stdin.binmode.read.force_encoding("UTF-8").split("\n").each do |line|
  next if line.empty?
  profile, now, path, secret, prefix, encoded, *fields = line.split("\t", -1)
  body = encoded.unpack1("m0")
  headers = fields.to_h { |field| field.split("=", 2) }
  begin
    case profile
    when "standard" then Webhooks.verify_standard(headers, body, secret, now: now.to_i)
    when "body" then Webhooks.verify_body(headers, body, secret, prefix: prefix)
    when "covered" then Webhooks.verify_covered(headers, body, path, secret, prefix: prefix, now: now.to_i)
    else raise ArgumentError, "unknown profile #{profile}"
    end
    puts "ok"
  rescue Webhooks::Refused
    puts "refused"
  end
end
