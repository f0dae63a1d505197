# Where the app listens: on this machine only.
require_relative "application"

port = ENV["PORT"].to_s.empty? ? "8080" : ENV["PORT"]
unless port.match?(/\A\d{1,5}\z/) && port.to_i.between?(1, 65_535)
  abort "PORT is #{port.inspect}; set it to a number such as 8080 in .env."
end
bind "tcp://127.0.0.1:#{port}"

# Puma 7 has given the hook another name.
booted = respond_to?(:after_booted) ? :after_booted : :on_booted
send(booted) { puts "Open http://localhost:#{port}" }
