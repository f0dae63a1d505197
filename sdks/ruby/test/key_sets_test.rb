# frozen_string_literal: true

# When keys are fetched and how long they are kept.
require "helper"

class KeySetsTest < GinnelTest
  DAY = 86_400

  def setup
    Clock.set(NOW)
    @first = issuer("ES256").jwks
    @second = issuer("EdDSA").jwks
    @old = @first["keys"][0]["kid"]
    @next = @second["keys"][0]["kid"]
    @server = KeyServer.new(@first)
  end

  def teardown
    super
    @server.close
  end

  def remote(**options)
    Ginnel::RemoteKeySet.new(@server.url, **options)
  end

  # Finds a key, and lets a fetch in the background come to its end.
  def find(keys, kid)
    keys.find(kid)
  ensure
    settle(keys)
  end

  def settle(keys)
    keys.instance_variable_get(:@fetch)&.join
  end

  def fail_with(status = 500, headers = {})
    @server.reply(status: status, headers: headers, body: JSON.generate(@first))
  end

  def test_keys_are_fetched_at_the_first_use_once_for_all_who_wait
    gate = Queue.new
    body = JSON.generate(@first)
    @server.answer = lambda do |socket|
      gate.pop
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
    end
    keys = remote
    assert_equal 0, @server.requests
    waiting = Array.new(50) { Thread.new { keys.find(@old) } }
    Thread.pass until waiting.all? { |thread| thread.status == "sleep" }
    gate << true
    found = waiting.map(&:value)
    assert found.all? { |key| key && key.equal?(found[0]) }
    keys.find(@old)
    assert_equal ["/jwks.json"], @server.paths
  end

  def test_keys_are_fetched_again_in_the_background_while_the_old_ones_are_used
    keys = remote
    find(keys, @old)
    Clock.pass(599)
    find(keys, @old)
    assert_equal 1, @server.requests

    gate = Queue.new
    body = JSON.generate(@second)
    @server.answer = lambda do |socket|
      gate.pop
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
    end
    2.times { @server.wait_for_request if @server.requests.positive? }
    Clock.pass(1)
    # Answered although the server is still thinking; one fetch for all of them.
    5.times { assert keys.find(@old) }
    @server.wait_for_request
    gate << true
    settle(keys)
    assert keys.find(@next)
    assert_nil keys.find(@old), "a key that is no longer published is no longer good"
    assert_equal 0, @server.requests
  end

  def test_keys_outlive_the_server_for_a_day_and_no_longer
    errors = []
    keys = remote(on_error: ->(error) { errors << error })
    find(keys, @old)
    fail_with
    (1..23).each do |hour|
      Clock.pass(3600)
      assert find(keys, @old)
      assert_equal 1 + hour, @server.requests
    end
    assert_equal [:keys_unavailable] * 23, errors.map(&:code)
    Clock.pass(3599)
    assert find(keys, @old)
    Clock.pass(1)
    refuses(:keys_unavailable) { find(keys, @old) }
    @server.publish(@first)
    Clock.pass(1)
    assert find(keys, @old)
  end

  def test_a_failed_refresh_is_tried_again_after_the_cooldown
    keys = remote
    find(keys, @old)
    fail_with
    Clock.pass(600)
    [[0, 2], [29, 2], [1, 3], [29, 3], [1, 4]].each do |seconds, requests|
      Clock.pass(seconds)
      assert find(keys, @old)
      assert_equal requests, @server.requests
    end
  end

  def test_an_unknown_key_makes_one_fetch_in_half_a_minute
    keys = remote
    find(keys, @old)
    @server.publish(@first, @second)
    assert_nil find(keys, @next), "within the cooldown of the first fetch"
    assert_equal 1, @server.requests
    Clock.pass(30)
    assert find(keys, @next)
    100.times { |attempt| assert_nil find(keys, "forged #{attempt}") }
    assert_equal 2, @server.requests
    Clock.pass(30)
    assert_nil find(keys, "nobody")
    assert_equal 3, @server.requests
  end

  def test_an_unknown_key_that_could_not_be_looked_for_is_nobodys_fault
    keys = remote
    find(keys, @old)
    fail_with
    Clock.pass(30)
    2.times { refuses(:keys_unavailable) { find(keys, @next) } }
    assert_equal 2, @server.requests
    assert find(keys, @old), "known keys keep working"
    @server.publish(@first, @second)
    Clock.pass(30)
    assert find(keys, @next)
  end

  def test_a_failure_is_forgotten_when_keys_have_come
    fail_with
    keys = remote
    refuses(:keys_unavailable) { find(keys, @old) }
    @server.publish(@first)
    Clock.pass(1)
    assert find(keys, @old)
    assert_nil find(keys, "nobody")
  end

  def test_an_unknown_key_waits_for_the_fetch_that_is_under_way
    keys = remote
    find(keys, @old)
    @server.wait_for_request
    gate = Queue.new
    body = JSON.generate(@second)
    @server.answer = lambda do |socket|
      gate.pop
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
    end
    Clock.pass(600)
    assert keys.find(@old)
    @server.wait_for_request
    waiting = Thread.new { keys.find(@next) }
    Thread.pass until waiting.status == "sleep" || !waiting.alive?
    gate << true
    assert waiting.value
    assert_equal 0, @server.requests
  end

  def test_a_clock_that_is_set_back
    keys = remote
    find(keys, @old)
    Clock.pass(-DAY)
    assert find(keys, @old)
    assert_equal 2, @server.requests
  end

  def test_retry_after_says_when_to_come_back_and_a_minute_is_the_most
    [["20", 20], ["86400", 60], ["soon", 1], ["-5", 1], ["2.5", 1], ["Wed, 21 Oct 2026 07:28:00 GMT", 1]].each do |value, wait|
      @server.paths
      fail_with(429, { "Retry-After" => value })
      keys = remote
      refuses(:keys_unavailable) { find(keys, @old) }
      @server.publish(@first)
      Clock.pass(wait - 0.25)
      refuses(:keys_unavailable) { find(keys, @old) }
      assert_equal 1, @server.requests, value
      Clock.pass(0.25)
      assert find(keys, @old)
    end
  end

  def test_retry_after_holds_also_while_there_are_keys_to_work_with
    keys = remote
    find(keys, @old)
    fail_with(429, { "Retry-After" => "50" })
    Clock.pass(600)
    assert find(keys, @old)
    @server.publish(@first, @second)
    Clock.pass(49)
    assert find(keys, @old)
    refuses(:keys_unavailable) { find(keys, @next) }
    assert_equal 2, @server.requests
    Clock.pass(1)
    assert find(keys, @next)
    assert_equal 3, @server.requests
  end

  def test_on_error_is_told_and_cannot_break_anything
    fail_with
    keys = remote(on_error: ->(_) { raise "no log today" })
    _, complaint = capture_io { refuses(:keys_unavailable) { find(keys, @old) } }
    assert_match(/on_error .* raised .*no log today/, complaint)
    @server.publish(@first)
    Clock.pass(1)
    assert find(keys, @old)
  end

  def test_on_error_may_ask_for_keys_itself
    fail_with
    codes = []
    keys = nil
    keys = remote(on_error: lambda { |_|
      codes << refuses(:keys_unavailable) { keys.find(@old) }.code
    })
    refuses(:keys_unavailable) { keys.find(@old) }
    assert_equal [:keys_unavailable], codes
    assert_equal 1, @server.requests
  end

  def test_a_static_key_set_works_without_a_network
    keys = Ginnel::StaticKeySet.new({ "keys" => @first["keys"] + @second["keys"] + [{ "kty" => "oct" }, nil, 7] })
    assert_equal %w[ES256 EdDSA], [keys.find(@old), keys.find(@next)].map(&:algorithm)
    assert_nil keys.find("nobody")
    assert_equal "#<Ginnel::VerificationKey ES256 #{@old.inspect}>", keys.find(@old).inspect
  end

  def test_a_static_key_set_that_is_none_is_a_mistake_in_the_configuration
    [nil, [], {}, "x", { "keys" => [] }, { "keys" => {} }, { "keys" => @first["keys"] * 2 }].each do |document|
      error = refuses(:configuration) { Ginnel::StaticKeySet.new(document) }
      assert_includes error.message, "jwks.json"
    end
  end

  def test_keys_that_cannot_be_used_are_left_out
    key = @first["keys"][0]
    rsa = issuer("RS256").jwks["keys"][0]
    [key.except("alg"), key.except("kid"), key.merge("alg" => "RS256"), key.merge("use" => "enc"), key.merge("use" => nil),
     key.merge("key_ops" => ["sign"]), key.merge("key_ops" => nil), key.merge("crv" => "P-384"), key.merge("kty" => "RSA"),
     key.merge("kid" => ""), key.merge("kid" => 1), key.merge("x" => 7), rsa.merge("crv" => "P-256"),
     rsa.merge("n" => "AQAB" * 32), rsa.merge("n" => Ginnel::Base64url.encode("\0" * 200 + "\xff".b * 128)), rsa.merge("n" => "!"), rsa.merge("e" => "!"),
     key.merge("x" => "AAAA"), key.merge("x" => "+"), @second["keys"][0].merge("x" => "AAAA"),
     { "kty" => "oct", "alg" => "HS256", "kid" => "a", "k" => "c2VjcmV0" }].each do |broken|
      refuses(:configuration, broken.inspect) { Ginnel::StaticKeySet.new({ "keys" => [broken] }) }
    end
  end

  def test_a_key_of_the_right_shape_that_openssl_cannot_read_is_left_out
    # Not a point of the curve.
    broken = @first["keys"][0].merge("y" => @first["keys"][0]["x"])
    keys = Ginnel::StaticKeySet.new({ "keys" => [broken, @second["keys"][0]] })
    assert_nil keys.find(broken["kid"])
    assert keys.find(@second["keys"][0]["kid"])
  end
end
