# frozen_string_literal: true

# The cases that all of Ginnel's SDKs judge alike, see sdks/vectors.
require "helper"

# A test for each case of a file, under the case's name.
class VectorTest < GinnelTest
  FOLDER = File.expand_path("../../vectors", __dir__)

  def self.cases(name)
    file = JSON.parse(File.read(File.join(FOLDER, name), encoding: "UTF-8"))
    const_set(:FILE, file)
    file["cases"].each do |vector|
      define_method("test_#{vector['name']}") do
        judge(vector)
      end
    end
  end

  # As +refuses+, with the code as the vectors write it.
  def refused_with(code, &)
    refuses(code.to_sym, &)
  end
end

# Tokens of either file.
module TokenVectors
  def judge(vector)
    file = self.class::FILE
    Clock.set(file["now"])
    options = { algorithms: vector["algorithms"] }.compact
    client = Ginnel::Client.new(app_id: file["app_id"], issuer: file["issuer"], leeway: file["leeway"], **options,
                                key_set: Ginnel::StaticKeySet.new(file["key_sets"].fetch(vector["key_set"])))
    # Ruby's parser warns of numbers such as 1e400 when warnings are on.
    capture_io do
      if vector["error"]
        refused_with(vector["error"]) { client.auth.validate_token(vector["token"]) }
      else
        claims = client.auth.validate_token(vector["token"]).to_h
        vector["valid"].each { |name, value| assert_equal value, claims[name] }
      end
    end
  end
end

class TokensVectorTest < VectorTest
  include TokenVectors
  cases "tokens.json"
end

class WycheproofVectorTest < VectorTest
  include TokenVectors
  cases "wycheproof-jws.json"
end

class KeySetsVectorTest < VectorTest
  cases "key-sets.json"

  def judge(vector)
    server = KeyServer.new
    server.reply(body: vector["body"])
    remote = Ginnel::RemoteKeySet.new(server.url)
    if vector["error"]
      refuses(:configuration) { Ginnel::StaticKeySet.new(parse(vector["body"])) }
      refuses(:keys_unavailable) { remote.find("any") }
    else
      [Ginnel::StaticKeySet.new(parse(vector["body"])), remote].each { |keys| assert_equal vector["kids"], kids(keys, vector) }
    end
  ensure
    server.close
  end

  # What an app would hand over: the document, or the text that is none.
  def parse(body)
    JSON.parse(body)
  rescue JSON::ParserError
    body
  end

  # Of all ids that the document or the case names, those that are found.
  def kids(keys, vector)
    named = Array(parse(vector["body"])["keys"]).filter_map { |key| key["kid"] if key.is_a?(Hash) }
    (vector["kids"] | named).select { |kid| keys.find(kid) }
  end
end

class AnswersVectorTest < VectorTest
  cases "answers.json"

  FIRST = FILE["cases"][0]
  KID = "eddsa-current"

  def setup
    Clock.set(NOW)
    @server = KeyServer.new
  end

  def teardown
    super
    @server.close
  end

  def judge(vector)
    behave(vector)
    keys = Ginnel::RemoteKeySet.new(@server.url, timeout: vector["behaviour"] ? 0.3 : 5)
    return assert_equal(KID, keys.find(KID).kid) unless vector["error"]

    refused_with(vector["error"]) { keys.find(KID) }
    asked = @server.paths.length
    assert_operator asked, :<=, 1, "redirects are not followed"
    return unless vector["retry_after"]

    Clock.pass(vector["retry_after"] - 0.25)
    refused_with(vector["error"]) { keys.find(KID) }
    assert_equal 0, @server.requests
    Clock.pass(0.25)
    refused_with(vector["error"]) { keys.find(KID) }
    assert_equal 1, @server.requests
  end

  def behave(vector)
    case vector["behaviour"]
    when nil then reply(vector)
    when "hang" then @server.answer = ->(_) { sleep }
    when "close" then @server.answer = ->(_) {}
    when "refuse" then @server.close
    when "drip"
      @server.answer = lambda do |socket|
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        loop { sleep(0.05) && socket.write(" ") }
      end
    else flunk "there is a behaviour that this test does not know: #{vector['behaviour']}"
    end
  end

  def reply(vector)
    repeat = vector.fetch("body_repeat", { "text" => "", "times" => 0 })
    body = vector.fetch("body", "") + (repeat["text"] * repeat["times"])
    @server.reply(status: FIRST["status"], headers: FIRST["headers"], body: FIRST["body"])
    @server.reply(path: "/jwks.json", status: vector["status"], headers: vector["headers"] || {}, body: body)
  end
end

class RequestsVectorTest < VectorTest
  cases "requests.json"

  def judge(vector)
    Clock.set(FILE["now"])
    client = Ginnel::Client.new(app_id: FILE["app_id"], issuer: FILE["issuer"],
                                key_set: Ginnel::StaticKeySet.new(FILE["key_set"]))
    env = env_of(vector["headers"])
    return refused_with(vector["error"]) { client.auth.authenticate_request(env) } if vector["error"]

    assert_equal vector["sub"], client.auth.authenticate_request(env)
  end

  # Several fields of one name in one text, as the servers of Rack hand them over.
  def env_of(headers)
    fields = headers.group_by { |name, _| "HTTP_#{name.upcase.tr('-', '_')}" }
    rack_env(fields.to_h { |name, list| [name, list.map(&:last).join(name == "HTTP_COOKIE" ? "; " : ", ")] })
  end
end

class OptionsVectorTest < VectorTest
  cases "options.json"

  def judge(vector)
    with_environment({ "GINNEL_URL" => nil }.merge(vector["env"] || {})) do
      options = vector["options"].transform_keys(&:to_sym)
      if vector["error"]
        refused_with(vector["error"]) { Ginnel::Client.new(**options) }
      else
        assert_equal vector["issuer"], Ginnel::Client.new(**options).issuer
      end
    end
  end
end
