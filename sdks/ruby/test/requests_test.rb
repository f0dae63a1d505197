# frozen_string_literal: true

# Where the token of a request is found.
require "helper"

class RequestsTest < GinnelTest
  # What Rack::Request and ActionDispatch::Request have in common.
  Request = Struct.new(:env)

  def setup
    @ada = issuer("EdDSA").token(user_id: "ada")
    @bob = issuer("EdDSA").token(user_id: "bob")
  end

  def user(authorization: nil, cookie: nil)
    env = rack_env({ "HTTP_AUTHORIZATION" => authorization, "HTTP_COOKIE" => cookie }.compact)
    outcomes = [env, Request.new(env), env.transform_values(&:b).freeze].map do |request|
      issuer("EdDSA").client.auth.authenticate_request(request)
    rescue Ginnel::Error => e
      e
    end
    assert_equal 1, outcomes.map(&:to_s).uniq.length, "all shapes of a request are read alike"
    raise outcomes[0] if outcomes[0].is_a?(Ginnel::Error)

    outcomes[0]
  end

  def test_the_header_comes_before_the_cookie
    assert_equal "ada", user(authorization: "Bearer #{@ada}")
    assert_equal "ada", user(authorization: "bearer  #{@ada} ")
    assert_equal "ada", user(authorization: "BEARER #{@ada}", cookie: "psg_auth_token=#{@bob}")
    assert_equal "bob", user(cookie: "psg_auth_token=#{@bob}")
  end

  def test_other_schemes_are_ignored
    cookie = "psg_auth_token=#{@bob}"
    ["Basic YTpi", "BearerX y", "", "xBearer #{@ada}", "\xff"].each do |authorization|
      assert_equal "bob", user(authorization: authorization, cookie: cookie)
    end
  end

  def test_a_broken_bearer_header_is_refused_in_spite_of_a_good_cookie
    cookie = "psg_auth_token=#{@bob}"
    ["Bearer", "Bearer ", "Bearer #{@ada} #{@ada}", "Bearer #{@ada}, Bearer #{@bob}", "Bearer #{@ada},", "Bearer\t#{@ada}",
     "Bearer \xff", "Bearer #{@ada}\xff"].each do |authorization|
      refuses(:token_malformed, authorization.inspect) { user(authorization: authorization, cookie: cookie) }
    end
    refuses(:token_oversize) { user(authorization: "Bearer #{'x' * 20_000}", cookie: cookie) }
    expired = issuer("EdDSA").token(expires_in: -60)
    refuses(:token_expired) { user(authorization: "Bearer #{expired}", cookie: cookie) }
  end

  def test_the_cookie_among_others
    [
      "a=1; psg_auth_token=#{@ada}; b=2",
      "a=1;psg_auth_token=#{@ada};b=2",
      "psg_auth_token=\"#{@ada}\"",
      "psg_auth_token = #{@ada} ",
      "psg_auth_token=; psg_auth_token=#{@ada}",
      "psg_auth_token=#{@ada}; psg_auth_token=#{@bob}",
      "xpsg_auth_token=#{@bob}; psg_auth_token=#{@ada}",
      "PSG_AUTH_TOKEN=#{@bob}; psg_auth_token=#{@ada}",
      "a=\"x; psg_auth_token=#{@ada}",
      "; ;; =x; novalue; psg_auth_token=#{@ada}",
      "a=\xff; psg_auth_token=#{@ada}"
    ].each { |cookie| assert_equal "ada", user(cookie: cookie), cookie }
  end

  def test_no_token
    refuses(:token_missing) { user }
    ["a", "psg_auth_token", "psg_auth_token=", 'psg_auth_token=""', "psg_auth_token2=#{@ada}", "\xff"].each do |cookie|
      refuses(:token_missing, cookie) { user(cookie: cookie) }
    end
    refuses(:token_malformed) { user(cookie: 'psg_auth_token="') }
    refuses(:token_oversize) { user(cookie: "psg_auth_token=#{'x' * 20_000}") }
  end

  def test_an_env_put_together_by_hand
    [{ "HTTP_AUTHORIZATION" => "Bearer #{@ada}" }, { "HTTP_COOKIE" => "psg_auth_token=#{@ada}" }].each do |env|
      assert_equal "ada", issuer("EdDSA").client.auth.authenticate_request(env)
    end
  end

  def test_something_that_is_not_a_request
    [nil, {}, "token", 7, [], { "Cookie" => "psg_auth_token=x" }, Request.new(nil), { headers: {} }].each do |value|
      error = refuses(:configuration) { issuer("EdDSA").client.auth.authenticate_request(value) }
      assert_includes error.message, "authenticate_request"
    end
  end
end
