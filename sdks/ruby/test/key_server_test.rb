# frozen_string_literal: true

# A server that gives no keys, over real connections: nobody passes, the error says what to do, and it comes in bounded
# time. That it comes at all is what is asserted; no test looks at a watch.
require "helper"

class KeyServerTest < GinnelTest
  def setup
    Clock.set(NOW)
    @server = KeyServer.new(issuer.jwks)
    @client = Ginnel::Client.new(app_id: issuer.app_id, key_set: Ginnel::RemoteKeySet.new(@server.url, timeout: 2),
                                 issuer: issuer.issuer)
  end

  def teardown
    super
    @server.close
  end

  def check
    @client.auth.validate_token(issuer.token)
  end

  key = ISSUERS["ES256"].jwks["keys"][0]
  good = JSON.generate(ISSUERS["ES256"].jwks)
  {
    "answers_404" => { status: 404, body: "{}" },
    "answers_429" => { status: 429, body: good },
    "answers_500" => { status: 500, body: good },
    "answers_201" => { status: 201, body: good },
    "redirects" => { status: 302, headers: { "Location" => "/elsewhere" } },
    "sends_html" => { body: "<!doctype html><title>Welcome</title>" },
    "sends_nothing" => { body: "" },
    "sends_half" => { body: good[0..-5] },
    "sends_a_list" => { body: JSON.generate(ISSUERS["ES256"].jwks["keys"]) },
    "sends_null" => { body: "null" },
    "sends_no_keys" => { body: '{"keys":[]}' },
    "sends_keys_that_are_none" => { body: '{"keys":[null,7,"x",[],{}]}' },
    "sends_keys_in_an_object" => { body: JSON.generate({ "keys" => { "0" => key } }) },
    "sends_a_byte_order_mark" => { body: "\uFEFF#{good}" },
    "sends_bytes_that_are_no_utf_8" => { body: good.sub("{", "{\"x\":\"\xff\",") },
    "sends_a_thousand_lists" => { body: good.sub("{", "{\"x\":#{'[' * 1000}#{']' * 1000},") },
    "sends_one_key_id_twice" => { body: JSON.generate({ "keys" => [key, key] }) },
    "sends_too_much" => { body: good + (" " * 64 * 1024) },
    "sends_compressed_text" => { headers: { "Content-Encoding" => "gzip" }, body: "\x1f\x8b\x08\0".b }
  }.each do |name, answer|
    define_method("test_a_server_that_#{name}") do
      @server.reply(**answer)
      refused_until_the_next_second
    end
  end

  {
    "closes_at_once" => ->(_) {},
    "sends_garbage" => ->(socket) { socket.write("\0\xff\r\n\r\n" * 10) },
    "breaks_off" => ->(socket) { socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n#{good}") },
    "sends_too_much_without_saying_so" => lambda { |socket|
      socket.write("HTTP/1.1 200 OK\r\n\r\n")
      loop { socket.write("x" * 4096) }
    },
    "sends_chunks_that_are_none" => lambda { |socket|
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n#{good}\r\n0\r\n\r\n")
    }
  }.each do |name, answer|
    define_method("test_a_server_that_#{name}") do
      @server.answer = answer
      refused_until_the_next_second
    end
  end

  def refused_until_the_next_second
    error = refuses(:keys_unavailable) { check }
    assert_match(/\AThe keys at #{@server.url} could not be fetched: .*GINNEL_URL\.\z/, error.message)
    refuses(:keys_unavailable) { check }
    assert_equal ["/jwks.json"], @server.paths, "asked once, and no redirect was followed"
    @server.publish(issuer.jwks)
    Clock.pass(1)
    assert_equal issuer.issuer, check.iss
    assert_equal 1, @server.requests
  end

  # Each goes on for longer than anybody waits.
  {
    "never_answers" => ->(_) { sleep },
    "drips_its_headers" => lambda { |socket|
      socket.write("HTTP/1.1 200 OK\r\nX: ")
      loop { sleep(0.05) && socket.write("x") }
    },
    "drips_its_body" => lambda { |socket|
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n{")
      loop { sleep(0.05) && socket.write(" ") }
    },
    "sends_headers_without_end" => lambda { |socket|
      socket.write("HTTP/1.1 200 OK\r\n")
      loop { sleep(0.05) && socket.write("X: y\r\n") }
    }
  }.each do |name, answer|
    define_method("test_a_server_that_#{name}_is_given_up") do
      closed = Queue.new
      @server.answer = lambda do |socket|
        answer.call(socket)
      ensure
        closed << true
      end
      keys = Ginnel::RemoteKeySet.new(@server.url, timeout: 0.3)
      error = refuses(:keys_unavailable) { keys.find("any") }
      assert_includes error.message, "no answer came within 0.3 seconds"
      closed.pop unless name == "never_answers" # the connection was ended, too
    end
  end

  def test_a_port_where_nobody_listens
    @server.close
    error = refuses(:keys_unavailable) { check }
    assert_instance_of Errno::ECONNREFUSED, error.cause
  ensure
    @server = KeyServer.new
  end

  def test_a_name_that_does_not_resolve
    keys = Ginnel::RemoteKeySet.new("http://ginnel.invalid/jwks.json", timeout: 5)
    refuses(:keys_unavailable) { keys.find("any") }
  end

  def test_a_server_that_speaks_no_tls
    keys = Ginnel::RemoteKeySet.new(@server.url.sub("http:", "https:"), timeout: 0.3)
    refuses(:keys_unavailable) { keys.find("any") }
  end

  def test_a_certificate_of_nobody_we_know_is_refused
    key = OpenSSL::PKey::EC.generate("prime256v1")
    certificate = OpenSSL::X509::Certificate.new
    certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=127.0.0.1")
    certificate.not_before = Time.at(0)
    certificate.not_after = Time.at(2**32)
    certificate.public_key = key
    certificate.sign(key, "SHA256")
    context = OpenSSL::SSL::SSLContext.new
    context.cert = certificate
    context.key = key
    plain = TCPServer.new("127.0.0.1", 0)
    secure = OpenSSL::SSL::SSLServer.new(plain, context)
    thread = Thread.new do
      secure.accept
    rescue OpenSSL::SSL::SSLError
      # The client hangs up, as it should.
    end
    keys = Ginnel::RemoteKeySet.new("https://127.0.0.1:#{plain.addr[1]}/jwks.json")
    error = refuses(:keys_unavailable) { keys.find("any") }
    assert_instance_of OpenSSL::SSL::SSLError, error.cause
  ensure
    thread&.join
    plain&.close
  end
end
