# frozen_string_literal: true

# Shared by the tests: judging refusals, a clock that can be set, variables of the environment.
require "minitest/autorun"
require "ginnel"
require "ginnel/testing"
require_relative "support/clock"
require_relative "support/key_server"

# The suite decides where Ginnel is, not the shell it is started from.
ENV.delete("GINNEL_URL")
# Nor does a proxy stand between the tests and their servers.
%w[http_proxy HTTP_PROXY https_proxy HTTPS_PROXY].each { |name| ENV.delete(name) }

class GinnelTest < Minitest::Test
  NOW = 1_800_000_000

  # One of each algorithm for the whole suite; an RSA key takes a while.
  ISSUERS = %w[RS256 ES256 EdDSA].to_h { |algorithm| [algorithm, Ginnel::TestIssuer.new(algorithm: algorithm)] }.freeze

  def teardown
    Clock.reset
  end

  def issuer(algorithm = "ES256")
    ISSUERS.fetch(algorithm)
  end

  # Asserts that the block is refused with the code, the status that belongs to it, and a sentence.
  def refuses(code, hint = nil, &)
    error = assert_raises(Ginnel::Error, "#{hint} expected #{code}", &)
    assert_equal code, error.code, "#{hint} #{error.message}"
    assert_equal({ keys_unavailable: 503, configuration: 500 }.fetch(code, 401), error.status)
    assert_match(/\w \w.*\.\z/, error.message)
    assert_equal code == :keys_unavailable, error.is_a?(Ginnel::KeysUnavailable)
    error
  end

  # Runs the block with these variables, and puts back what was there; nil is an absent one.
  def with_environment(variables)
    saved = variables.to_h { |name, _| [name, ENV.fetch(name, nil)] }
    ENV.update(variables)
    yield
  ensure
    ENV.update(saved)
  end

  def rack_env(headers = {})
    { "REQUEST_METHOD" => "GET", "PATH_INFO" => "/", **headers }
  end
end
