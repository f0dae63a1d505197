require_relative "config/environment"

run Rails.application
puts "Open http://localhost:#{ENV['PORT']}"
