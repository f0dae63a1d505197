# frozen_string_literal: true

# One client, used by many threads and by forked processes.
require "helper"
require "set"

class ThreadsTest < GinnelTest
  def setup
    @server = KeyServer.new
    @server.publish(*ISSUERS.values.map(&:jwks))
    # Refreshed all the time, so that keys are exchanged under those who read them.
    @keys = Ginnel::RemoteKeySet.new(@server.url, refresh_after: 0.001, cooldown: 0.001)
    @client = Ginnel::Client.new(app_id: issuer.app_id, key_set: @keys)
  end

  def teardown
    super
    @server.close
  end

  def test_threads_that_hammer_one_client
    forged = ISSUERS.keys.map { |algorithm| forge(issuer(algorithm)) }
    threads = Array.new(16) do |index|
      tokens = ISSUERS.keys.map { |algorithm| issuer(algorithm).token(user_id: "user #{index}") }
      Thread.new do
        seen = Set.new
        # Until the keys were exchanged a few times.
        (0..).each do |round|
          # As in a server, where requests wait for something now and then.
          sleep(0.001)
          break seen if round >= 30 && @server.requests > 3

          if (round % 10).zero?
            error = assert_raises(Ginnel::Error) { @client.auth.validate_token(forged[round / 10 % 3]) }
            seen << error.code
          else
            seen << @client.auth.validate_token(tokens[round % 3]).sub
          end
        end
      end
    end
    threads.each_with_index do |thread, index|
      assert_equal Set[:signature_invalid, "user #{index}"], thread.value
    end
  end

  def test_a_caller_that_is_ended_takes_nobody_along
    gate = Queue.new
    body = JSON.generate(issuer.jwks)
    @server.answer = lambda do |socket|
      gate.pop
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n#{body}")
    end
    callers = Array.new(5) { Thread.new { @client.auth.validate_token(issuer.token).sub } }
    @server.wait_for_request
    Thread.pass until callers.all? { |thread| thread.status == "sleep" }
    callers.shift.kill
    gate << true
    assert_equal ["TestUser0000000000000000"] * 4, callers.map(&:value)
  end

  def test_a_fetch_that_is_ended_from_outside_is_begun_anew
    answered = Queue.new
    @server.answer = ->(_) { answered.pop }
    caller = Thread.new { refuses(:keys_unavailable) { @client.auth.validate_token(issuer.token) } }
    @server.wait_for_request
    @keys.instance_variable_get(:@fetch).kill
    assert_includes caller.value.message, "ended from outside"
    @server.publish(issuer.jwks)
    assert @client.auth.validate_token(issuer.token)
  ensure
    answered << true
  end

  def test_a_process_that_is_forked_during_a_fetch_begins_its_own
    assert @client.auth.validate_token(issuer.token)
    gate = Queue.new
    @server.answer = ->(_) { gate.pop }
    @keys.instance_variable_get(:@fetch)&.join
    @server.paths
    sleep(0.01)
    # Answered with the old keys, while new ones are waited for in vain.
    assert @client.auth.validate_token(issuer.token)
    @server.wait_for_request
    @server.publish(issuer("EdDSA").jwks)
    outcome = in_a_fork { @client.auth.validate_token(issuer("EdDSA").token(user_id: "child")).sub }
    assert_equal "child", outcome
  ensure
    gate << true
  end

  # A token with the id of the issuer's key, signed with another.
  def forge(issuer)
    stranger = Ginnel::TestIssuer.new(algorithm: issuer.jwks["keys"][0]["alg"])
    stranger.token(header: { kid: issuer.jwks["keys"][0]["kid"] })
  end

  # What the block gives in a process of its own, as text.
  def in_a_fork
    reader, writer = IO.pipe
    pid = fork do
      writer.write(yield)
    rescue Ginnel::Error => e
      writer.write(e.code, e.message)
    ensure
      writer.close
      exit!
    end
    writer.close
    reader.read
  ensure
    Process.wait(pid)
  end
end
