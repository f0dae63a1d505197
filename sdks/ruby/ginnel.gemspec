# frozen_string_literal: true

require_relative "lib/ginnel/version"

Gem::Specification.new do |spec|
  spec.name = "ginnel"
  spec.version = Ginnel::VERSION
  spec.summary = "Checks Ginnel's sign-ins in a Ruby back end"
  spec.description = "Tells whether a request is a signed-in user's, and whose: for Rack, Rails, or any Ruby server. " \
                     "Needs the application's id and nothing else; no dependencies."
  spec.authors = ["The Ginnel contributors"]
  spec.licenses = ["MIT", "Apache-2.0"]
  spec.required_ruby_version = ">= 3.1"
  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "README.md"] }
  spec.metadata = { "rubygems_mfa_required" => "true" }
end
