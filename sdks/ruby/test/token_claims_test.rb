# frozen_string_literal: true

# What a well-signed token must say.
require "helper"

class TokenClaimsTest < GinnelTest
  def setup
    Clock.set(NOW)
  end

  def check(token, client = issuer.client)
    client.auth.validate_token(token)
  end

  # A well-signed token whose claims are the usual ones with these changes, nil being null.
  def claiming(changes)
    usual = { "sub" => "ada", "iss" => issuer.issuer, "aud" => issuer.app_id, "iat" => NOW, "exp" => NOW + 60 }
    issuer.sign({ "alg" => "ES256", "kid" => issuer.jwks["keys"][0]["kid"] }, usual.merge(changes))
  end

  def test_required_claims_and_their_forms
    {
      "sub" => ["", nil, 7, ["ada"], true],
      "iss" => [nil, ["x"], 7],
      "aud" => [nil, 7, [7, issuer.app_id], { "0" => issuer.app_id }, [[issuer.app_id]]],
      "iat" => [nil, "1800000000", true],
      "exp" => [nil, "1900000000", {}, true],
      "nbf" => [nil, "0", false]
    }.each do |claim, values|
      values.each do |value|
        error = refuses(:claim_missing) { check(claiming(claim => value)) }
        assert_includes error.message, "\"#{claim}\""
      end
    end
    %w[sub iss aud iat exp].each do |claim|
      refuses(:claim_missing) { check(issuer.token(claims: { claim => nil })) }
    end
  end

  def test_numbers_that_no_clock_reaches_are_no_times
    kid = issuer.jwks["keys"][0]["kid"]
    usual = JSON.generate({ sub: "ada", iss: issuer.issuer, aud: issuer.app_id, iat: NOW, exp: "EXP" })
    # Ruby's parser warns that the number is out of a Float's range.
    _, warnings = capture_io do
      ["1e400", "9#{'9' * 400}"].each do |number|
        refuses(:claim_missing) { check(issuer.sign({ alg: "ES256", kid: kid }, usual.sub('"EXP"', number))) }
      end
    end
    assert_operator warnings.lines.length, :<=, 2
    assert_equal NOW + 0.5, check(claiming("iat" => NOW + 0.5)).iat
  end

  def test_a_claims_part_that_is_no_json_object_has_no_claims
    header = { "alg" => "ES256", "kid" => issuer.jwks["keys"][0]["kid"] }
    ["[]", "null", "7", "{", "", "\uFEFF{}", "{\"a\":\"\xff\"}", "{/**/}", "{\"a\":NaN}", "plain text"].each do |text|
      token = issuer.sign(header, text)
      # An empty part is no part, and that is seen before the signature.
      refuses(text.empty? ? :token_malformed : :claim_missing) { check(token) }
    end
  end

  def test_a_claims_part_is_read_behind_a_good_signature_only
    stranger = Ginnel::TestIssuer.new(algorithm: "ES256")
    header = { "alg" => "ES256", "kid" => issuer.jwks["keys"][0]["kid"] }
    refuses(:signature_invalid) { check(stranger.sign(header, "no JSON")) }
    refuses(:signature_invalid) { check(stranger.sign(header, { "iss" => "x", "exp" => 0 })) }
    refuses(:signature_invalid) { check(issuer.token.sub(/\.[^.]+\./, ".+++.")) }
  end

  def test_tokens_end_at_exp_with_the_leeway
    assert check(issuer.token(expires_in: -4))
    refuses(:token_expired) { check(issuer.token(expires_in: -5)) }
    refuses(:token_expired) { check(issuer.token(expires_in: -86_400)) }
    strict = Ginnel::Client.new(app_id: issuer.app_id, key_set: issuer.key_set, leeway: 0)
    refuses(:token_expired) { check(issuer.token(expires_in: 0), strict) }
    assert check(issuer.token(expires_in: 1), strict)
    generous = Ginnel::Client.new(app_id: issuer.app_id, key_set: issuer.key_set, leeway: 300)
    assert check(issuer.token(expires_in: -299), generous)
  end

  def test_tokens_begin_at_nbf_and_iat_with_the_leeway
    %w[nbf iat].each do |claim|
      assert check(issuer.token(claims: { claim => NOW + 5 }))
      refuses(:token_not_yet_valid) { check(issuer.token(claims: { claim => NOW + 6 })) }
    end
  end

  def test_tokens_are_for_this_application
    foreign = "ForeignApplication000000"
    [foreign, ["http://localhost:8080", foreign], [], "#{issuer.app_id}x", issuer.app_id[1..], ""].each do |aud|
      refuses(:audience_mismatch) { check(claiming("aud" => aud)) }
    end
    # Another application of the same server has other keys.
    stranger = Ginnel::TestIssuer.new(app_id: foreign, algorithm: "ES256")
    refuses(:key_unknown) { check(stranger.token) }
  end

  def test_tokens_are_of_this_server
    iss = issuer.issuer
    [iss.sub(issuer.app_id, "ForeignApplication000000"), "#{iss}/", iss.upcase, issuer.app_id, "",
     "https://evil.example"].each do |other|
      error = refuses(:issuer_mismatch) { check(claiming("iss" => other)) }
      assert_includes error.message, "GINNEL_URL"
    end
  end

  def test_the_issuer_is_the_one_that_the_app_was_told
    server = KeyServer.new(issuer.jwks)
    url = server.url("/inside")
    client = Ginnel::Client.new(app_id: issuer.app_id, url: url, issuer: issuer.issuer)
    assert check(issuer.token, client)
    assert_equal ["/inside#{issuer.jwks_path}"], server.paths
    refuses(:issuer_mismatch) { check(issuer.token, Ginnel::Client.new(app_id: issuer.app_id, url: url)) }
  ensure
    server.close
  end
end
