# frozen_string_literal: true

# The options of the client: what they default to and how wrong ones are refused.
require "helper"

class ClientTest < GinnelTest
  APP_ID = "Abcdefghijkl012345678901"

  def client(**options)
    Ginnel::Client.new(app_id: APP_ID, **options)
  end

  def test_the_address_is_the_option_else_ginnel_url_else_localhost
    assert_equal "http://localhost:8400", client.url
    with_environment("GINNEL_URL" => "") { assert_equal "http://localhost:8400", client.url }
    with_environment("GINNEL_URL" => "https://login.example.com/") do
      assert_equal "https://login.example.com", client.url
      assert_equal "https://login.example.com/auth/v1/apps/#{APP_ID}", client.issuer
      assert_equal "http://other:1", client(url: "http://other:1").url
    end
    assert_equal "https://example.com/sub", client(url: "HTTPS://Example.com:443/sub//").url
    assert_equal "http://[::1]:8400", client(url: "http://[::1]:8400").url
    assert_equal [APP_ID, "https://me/x"], [client.app_id, client(issuer: "https://me/x").issuer]
  end

  def test_a_wrong_address_is_refused_also_from_the_environment
    ["", "example.com", "localhost:8400", "ftp://example.com", "http://a:b@example.com", "http://a@example.com", "http://",
     "https://x.com/?a", "https://x.com/#a", "http:///path", "https://ex ample.com", "http://x\n", "mailto:a@b", 7, :a,
     "javascript:alert(1)", "http://\xff", "http://exämple.com", "http://x".encode("UTF-16LE")].each do |url|
      refuses(:configuration, url.inspect) { client(url: url) }
    end
    with_environment("GINNEL_URL" => "localhost:8400") do
      assert_includes refuses(:configuration) { client }.message, "GINNEL_URL"
    end
  end

  def test_an_id_that_is_no_applications_is_refused
    [nil, "", "short", "#{APP_ID}x", "../../../../../../etc/pass", "#{'a' * 23}/", "#{APP_ID}\n", "é#{'a' * 23}", 7,
     APP_ID.to_sym, "\xff#{'a' * 23}", APP_ID.encode("UTF-16LE")].each do |id|
      refuses(:configuration, id.inspect) { Ginnel::Client.new(app_id: id) }
    end
    refuses(:configuration) { Ginnel::Client.new }
  end

  def test_an_unknown_option_is_named
    error = refuses(:configuration) { client(appID: APP_ID) }
    assert_match(/"appID".*app_id/, error.message)
  end

  def test_wrong_values_of_the_other_options_are_refused
    [
      { leeway: -1 }, { leeway: 301 }, { leeway: Float::NAN }, { leeway: "5" }, { leeway: nil }, { leeway: Complex(1, 1) },
      { algorithms: [] }, { algorithms: ["none"] }, { algorithms: ["HS256"] }, { algorithms: "RS256" },
      { algorithms: [nil] }, { algorithms: nil }, { issuer: "" }, { issuer: 7 }, { key_set: {} }, { key_set: [] },
      { key_set: "x" }
    ].each { |options| refuses(:configuration, options.inspect) { client(**options) } }
  end

  def test_a_client_is_frozen_and_keeps_what_it_was_given
    algorithms = ["ES256"]
    id = APP_ID.dup
    made = Ginnel::Client.new(app_id: id, key_set: issuer.key_set, algorithms: algorithms)
    algorithms << "RS256"
    id << "x"
    assert made.frozen? && made.auth.frozen? && made.url.frozen?
    assert_equal APP_ID, made.app_id
    refuses(:algorithm_not_allowed) { made.auth.validate_token(issuer("RS256").token) }
  end

  def test_no_secret_is_shown
    assert_equal "#<Ginnel::Client app_id=\"#{APP_ID}\" url=\"http://localhost:8400\">", client.inspect
  end

  def test_options_of_a_remote_key_set
    ["x", "ftp://x/y", nil, 7, "file:///etc/passwd"].each do |url|
      refuses(:configuration, url.inspect) { Ginnel::RemoteKeySet.new(url) }
    end
    [{ timeout: 0 }, { timeout: -1 }, { timeout: nil }, { cooldown: "30" }, { max_age: Float::NAN }, { refresh_after: true },
     { on_error: "puts" }].each do |options|
      refuses(:configuration, options.inspect) { Ginnel::RemoteKeySet.new("http://localhost/keys", **options) }
    end
  end
end
