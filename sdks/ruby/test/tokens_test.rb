# frozen_string_literal: true

# Which tokens pass and which are refused, with which code.
require "helper"

class TokensTest < GinnelTest
  def setup
    Clock.set(NOW)
  end

  def check(token, client = issuer.client)
    client.auth.validate_token(token)
  end

  def encode(value)
    Ginnel::Base64url.encode(value.is_a?(String) ? value : JSON.generate(value))
  end

  ISSUERS.each do |algorithm, issuer|
    define_method("test_a_valid_token_of_#{algorithm}_gives_its_claims") do
      claims = check(issuer.token(user_id: "ada"), issuer.client)
      expected = {
        "iss" => issuer.issuer, "aud" => ["http://localhost:8080", issuer.app_id], "sub" => "ada", "iat" => NOW,
        "nbf" => NOW - 5, "exp" => NOW + 3600, "sid" => "TestSession0000000000000", "amr" => %w[swk user],
        "auth_time" => NOW
      }
      assert_equal expected, claims.to_h
      assert_equal ["ada", NOW, NOW - 5, NOW + 3600], [claims.sub, claims.iat, claims.nbf, claims.exp]
      assert_equal expected.values_at("sid", "amr", "auth_time"), [claims.sid, claims.amr, claims.auth_time]
    end

    define_method("test_a_forged_token_of_#{algorithm}_is_refused") do
      header, claims, signature = issuer.token.split(".")
      bytes = Ginnel::Base64url.decode(signature)
      changed = bytes.dup
      changed.setbyte(10, changed.getbyte(10) ^ 1)
      [changed, "\0" * bytes.bytesize, "", "#{bytes}\0\0\0", bytes[0..-2], bytes.reverse].each do |forged|
        refuses(:signature_invalid) { check("#{header}.#{claims}.#{encode(forged)}", issuer.client) }
      end
      other_claims = issuer.token(user_id: "bob").split(".")[1]
      refuses(:signature_invalid) { check("#{header}.#{other_claims}.#{signature}", issuer.client) }
      stranger = Ginnel::TestIssuer.new(algorithm: algorithm)
      kid = issuer.jwks["keys"][0]["kid"]
      refuses(:signature_invalid) { check(stranger.token(header: { kid: kid }), issuer.client) }
    end
  end

  def test_claims_are_frozen_values
    token = issuer.token(claims: { plan: "gold", list: [{ a: ["x"] }] })
    claims = check(token)
    assert_equal ["gold", "gold", nil], [claims["plan"], claims[:plan], claims["none"]]
    assert_equal check(token), claims
    assert_equal check(token).hash, claims.hash
    refute_equal check(issuer.token(user_id: "bob")), claims
    [-> { claims.sub << "x" }, -> { claims.aud << "x" }, -> { claims.to_h["sub"] = "x" },
     -> { claims["list"][0]["a"] << "x" }, -> { claims.instance_variable_set(:@sub, "x") }].each do |change|
      assert_raises(FrozenError) { change.call }
    end
  end

  def test_audience_as_a_string_no_nbf_no_typ_and_any_script
    token = issuer.token(claims: { aud: issuer.app_id, nbf: nil, name: "Žofie 🦊" }, header: { typ: nil })
    claims = check(token)
    assert_equal "Žofie 🦊", claims["name"]
    assert_equal [[issuer.app_id], nil], [claims.aud, claims.nbf]
  end

  def test_changing_any_character_is_refused
    token = issuer.token
    token.length.times do |index|
      changed = token.dup
      changed[index] = token[index] == "A" ? "B" : "A"
      assert_raises(Ginnel::Error, "character #{index}") { check(changed) }
    end
  end

  def test_a_token_brings_no_keys_of_its_own
    stranger = Ginnel::TestIssuer.new(algorithm: "ES256")
    server = KeyServer.new(issuer.jwks)
    client = Ginnel::Client.new(app_id: issuer.app_id, url: server.url(""))
    header = { kid: issuer.jwks["keys"][0]["kid"], jwk: stranger.jwks["keys"][0], jku: server.url("/evil"),
               x5u: server.url("/evil"), x5c: ["AAAA"] }
    refuses(:signature_invalid) { check(stranger.token(header: header), client) }
    assert_equal [issuer.jwks_path], server.paths
  ensure
    server.close
  end

  def test_none_is_refused_in_every_spelling_without_asking_for_keys
    server = KeyServer.new(issuer.jwks)
    client = Ginnel::Client.new(app_id: issuer.app_id, url: server.url(""))
    _, claims, signature = issuer.token.split(".")
    ["none", "None", "NONE", "", nil, 1, ["ES256"], "es256", "ES384", "new"].each do |alg|
      header = encode({ "alg" => alg, "kid" => issuer.jwks["keys"][0]["kid"], "typ" => "JWT" })
      refuses(:algorithm_not_allowed) { check("#{header}.#{claims}.", client) }
      refuses(:algorithm_not_allowed) { check("#{header}.#{claims}.#{signature}", client) }
    end
    assert_equal 0, server.requests
  ensure
    server.close
  end

  def test_hs256_with_the_public_key_as_the_secret_is_refused
    key = issuer("RS256").jwks["keys"][0]
    pem = OpenSSL::PKey.read(Ginnel::VerificationKey.from_jwk(key).send(:public_key).to_der).public_to_pem
    claims = issuer("RS256").token.split(".")[1]
    [pem, pem.strip, JSON.generate(issuer("RS256").jwks), key["n"]].each do |secret|
      signed = "#{encode({ 'alg' => 'HS256', 'typ' => 'JWT', 'kid' => key['kid'] })}.#{claims}"
      signature = OpenSSL::HMAC.digest("SHA256", secret, signed)
      refuses(:algorithm_not_allowed) { check("#{signed}.#{encode(signature)}", issuer("RS256").client) }
    end
  end

  def test_the_key_decides_on_the_algorithm
    ISSUERS.each_value do |own|
      kid = own.jwks["keys"][0]["kid"]
      ISSUERS.each_value do |other|
        next if own == other

        refuses(:algorithm_not_allowed) { check(other.token(header: { kid: kid }), own.client) }
        renamed = other.token(header: { kid: kid, alg: own.jwks["keys"][0]["alg"] })
        refuses(:signature_invalid) { check(renamed, own.client) }
      end
    end
  end

  def test_only_algorithms_that_the_app_accepts
    rsa = issuer("RS256")
    client = Ginnel::Client.new(app_id: rsa.app_id, key_set: rsa.key_set, algorithms: %w[ES256 EdDSA])
    refuses(:algorithm_not_allowed) { check(rsa.token, client) }
    # A key source of one's own that answers with a key for another algorithm does not widen the list.
    wide = Object.new
    wide.define_singleton_method(:find) { |_| rsa.key_set.find(rsa.jwks["keys"][0]["kid"]) }
    client = Ginnel::Client.new(app_id: rsa.app_id, key_set: wide)
    refuses(:algorithm_not_allowed) { check(issuer.token, client) }
  end

  def test_unknown_key_ids
    ["nobody", "__proto__", "../../etc", "k" * 5000].each do |kid|
      refuses(:key_unknown) { check(issuer.token(header: { kid: kid })) }
    end
  end
end
