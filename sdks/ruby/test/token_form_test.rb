# frozen_string_literal: true

# How a token must be written to be looked at.
require "helper"

class TokenFormTest < GinnelTest
  def check(token)
    issuer.client.auth.validate_token(token)
  end

  # A header that would pass, but for what is done to it.
  def self.header(members = {})
    { "alg" => "ES256", "kid" => ISSUERS["ES256"].jwks["keys"][0]["kid"] }.merge(members)
  end

  def self.encode(text)
    Ginnel::Base64url.encode(text)
  end

  def self.signed(header)
    ISSUERS["ES256"].sign(header, "{}")
  end

  json = JSON.generate(header)
  token = ISSUERS["ES256"].token
  {
    "a number" => 7,
    "nil" => nil,
    "a symbol" => :token,
    "words" => "not a token",
    "one part" => "abc",
    "two parts" => "abc.def",
    "four parts" => "#{token}.x",
    "five parts" => "a.b.c.d.e",
    "empty parts" => "..",
    "an empty header" => token.sub(/\A[^.]+/, ""),
    "a header that is no base64url" => "a+/=.e30.x",
    "a header that is no JSON" => "#{encode('{')}.e30.AAAA",
    "a header that is a list" => signed("[]"),
    "a header that is null" => signed("null"),
    "a header that is a string" => signed('"ES256"'),
    "a header with a byte order mark" => signed("\uFEFF#{json}"),
    "a header with a byte that is no UTF-8" => signed(json.sub("{", "{\"x\":\"\xff\",".b.force_encoding("UTF-8"))),
    "a header with a comment" => signed(json.sub("{", "{/**/")),
    "a header with an unknown escape" => signed(json.sub("{", '{"x":"\q",')),
    "a header with NaN" => signed(json.sub("{", '{"x":NaN,')),
    "a header with text behind" => signed("#{json} x"),
    "a header in UTF-16" => signed(json.encode("UTF-16LE").b),
    "a header of a thousand lists" => signed(json.sub("{", "{\"x\":#{'[' * 1000}#{']' * 1000},")),
    "crit" => signed(header("crit" => ["exp"])),
    "an empty crit" => signed(header("crit" => [])),
    "a crit that is null" => signed(header("crit" => nil)),
    "another typ" => signed(header("typ" => "at+jwt")),
    "a typ in lower case" => signed(header("typ" => "jwt")),
    "a typ that is null" => signed(header("typ" => nil)),
    "no kid" => signed(header.except("kid")),
    "an empty kid" => signed(header("kid" => "")),
    "a kid that is a number" => signed(header("kid" => 1)),
    "padding" => "#{token}==",
    "a signature of an impossible length" => "#{encode(json)}.e30.AAAAA",
    "a space behind" => "#{token} ",
    "a line break behind" => "#{token}\n",
    "a signature in the other base64" => "#{token[0..-3]}+/",
    "letters of other scripts" => token.sub("e", "е"),
    "bytes that are no UTF-8" => "#{token}\xff",
    "an encoding of two bytes" => token.encode("UTF-16LE")
  }.each do |name, value|
    define_method("test_#{name.tr(' ', '_')}_is_malformed") { refuses(:token_malformed) { check(value) } }
  end

  def test_the_form_of_the_signature_is_canonical
    # 64 bytes are 86 characters, and the last one has four bits to spare.
    token = issuer.token
    alphabet = [*"A".."Z", *"a".."z", *"0".."9", "-", "_"]
    twin = token[0..-2] + alphabet[alphabet.index(token[-1]) + 1]
    lenient = [token, twin].map { |text| text.split(".")[2].tr("-_", "+/").unpack1("m") }
    assert_equal lenient[0], lenient[1], "a lenient decoder takes both"
    refuses(:token_malformed) { check(twin) }
  end

  def test_an_empty_token_is_a_missing_one
    refuses(:token_missing) { check("") }
  end

  def test_over_16_kb_is_refused_before_it_is_read
    refuses(:token_oversize) { check("a" * 16_385) }
    refuses(:token_oversize) { check("\xff" * 16_385) }
    refuses(:token_malformed) { check("a" * 16_384) }
    refuses(:token_oversize) { check(issuer.token(claims: { text: "x" * 16_384 })) }
    assert_equal 24, check(issuer.token(claims: { text: "x" * 11_000 })).sub.length
  end

  def test_the_last_of_several_members_of_one_name_counts
    header = JSON.generate(self.class.header).sub("{", '{"alg":"none","kid":"nobody",')
    claims = JSON.generate({ sub: "ada", iss: issuer.issuer, aud: issuer.app_id, iat: 0, exp: 2**40 })
    assert_equal "ada", check(issuer.sign(header, claims.sub("{", '{"sub":"bob",'))).sub
  end
end
