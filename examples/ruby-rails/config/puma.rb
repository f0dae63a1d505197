# Where the app listens: on this machine only.
require_relative "application"

ENV["PORT"] = "8080" if ENV["PORT"].to_s.empty?
unless ENV["PORT"].match?(/\A\d{1,5}\z/) && ENV["PORT"].to_i.between?(1, 65_535)
  abort "PORT is #{ENV['PORT'].inspect}; set it to a number such as 8080 in .env."
end
bind "tcp://127.0.0.1:#{ENV['PORT']}"
