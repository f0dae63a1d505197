# frozen_string_literal: true

# Token checks a second on one thread, for each algorithm. Measured several times, and the best round counts: the others
# tell more about the machine.
#
#   ruby bench.rb [--json]
$LOAD_PATH.unshift(File.join(__dir__, "lib"))
require "ginnel/testing"

ROUNDS = 5
CHECKS = 4000

# Checks a second over these tokens, in turn.
def measure(client, tokens)
  started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  CHECKS.times { |turn| client.auth.validate_token(tokens[turn % tokens.length]) }
  CHECKS / (Process.clock_gettime(Process::CLOCK_MONOTONIC) - started)
end

figures = Ginnel::ALGORITHMS.to_h do |algorithm|
  issuer = Ginnel::TestIssuer.new(algorithm: algorithm)
  # Several tokens, as no server sees the same one each time.
  tokens = Array.new(64) { |index| issuer.token(user_id: "user #{index}") }
  [algorithm, { ginnel_per_second: Array.new(ROUNDS) { measure(issuer.client, tokens) }.max.round }]
end

if ARGV.include?("--json")
  puts JSON.generate(figures)
else
  figures.each { |algorithm, figure| puts format("%-6<name>s %7<rate>d checks a second", name: algorithm, rate: figure[:ginnel_per_second]) }
end
