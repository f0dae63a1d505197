# frozen_string_literal: true

# The stand-in that users' own tests work with.
require "helper"

class TestingTest < GinnelTest
  def test_an_issuer_is_made_as_the_test_says
    app_id = "Abcdefghijkl012345678901"
    made = Ginnel::TestIssuer.new(app_id: app_id, url: "https://login.example.com/", algorithm: "EdDSA",
                                  auth_origin: "https://app.example.com")
    assert_equal [app_id, "https://login.example.com", "https://login.example.com/auth/v1/apps/#{app_id}"],
                 [made.app_id, made.url, made.issuer]
    claims = made.client.auth.validate_token(made.token(claims: { plan: "gold", sid: nil }))
    assert_equal [["https://app.example.com", app_id], "gold", nil], [claims.aud, claims["plan"], claims.sid]
    assert_equal "/auth/v1/apps/#{app_id}/.well-known/jwks.json", made.jwks_path
  end

  def test_the_default_is_what_the_server_does
    made = Ginnel::TestIssuer.new
    assert_equal "RS256", made.jwks["keys"][0]["alg"]
    assert_equal "TestUser0000000000000000", made.client.auth.validate_token(made.token).sub
  end

  def test_the_key_set_has_nothing_secret
    ISSUERS.each_value do |made|
      assert_empty made.jwks["keys"][0].keys - %w[alg use kid kty crv n e x y]
      refute_match(/PRIVATE/i, made.jwks.to_s)
    end
  end

  def test_every_token_passes
    # One signature of P-256 in 128 has a number that is shorter than 32 bytes.
    1000.times { assert issuer.client.auth.validate_token(issuer.token) }
  end

  def test_an_algorithm_that_is_none
    refuses(:configuration) { Ginnel::TestIssuer.new(algorithm: "HS256") }
  end
end
