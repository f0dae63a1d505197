# frozen_string_literal: true

# Stands in for a Ginnel server in the tests of a back end. Nothing is sent over a network.
require "json"
require "securerandom"
require_relative "../ginnel"

module Ginnel
  # A stand-in for one application on a server: a key pair, the key set to check with, and tokens as the server would
  # issue them.
  #
  #   issuer = Ginnel::TestIssuer.new(algorithm: "ES256")
  #   issuer.client.auth.validate_token(issuer.token(user_id: "ada")).sub # => "ada"
  class TestIssuer
    attr_reader :app_id, :url, :issuer
    # The document that the server would publish at #jwks_path.
    attr_reader :jwks
    # The path of the key set, for a test that serves it over HTTP.
    attr_reader :jwks_path
    # The same keys, to be passed as +key_set+.
    attr_reader :key_set
    # A Client that accepts this issuer's tokens.
    attr_reader :client

    # Makes a stand-in with a fresh key. An RSA key takes some 100 ms: make one and share it among tests.
    #
    # +app_id+:: Default: an id made up for tests.
    # +url+:: Where the server would run. Default: as for Client.
    # +algorithm+:: "RS256" as on the server, "ES256" or "EdDSA".
    # +auth_origin+:: The first entry of +aud+.
    def initialize(app_id: "TestApplication000000000", url: nil, algorithm: "RS256", auth_origin: "http://localhost:8080")
      pair = PAIRS.fetch(algorithm) { raise Error.new(:configuration, "algorithm must be one of #{PAIRS.keys.join(', ')}.") }
      @pair = pair.new
      @auth_origin = auth_origin
      @header = { "alg" => algorithm, "kid" => SecureRandom.urlsafe_base64(18), "typ" => "JWT" }
      @jwks = { "keys" => [{ "alg" => algorithm, "use" => "sig", "kid" => @header["kid"], **@pair.members }] }
      @key_set = StaticKeySet.new(@jwks)
      @client = Client.new(app_id: app_id, url: url, key_set: @key_set)
      @app_id = @client.app_id
      @url = @client.url
      @issuer = @client.issuer
      @jwks_path = "/auth/v1/apps/#{app_id}/.well-known/jwks.json"
    end

    # An auth token signed with this issuer's key.
    #
    # +user_id+:: Default: an id made up for tests.
    # +expires_in+:: Seconds from now until the token expires; negative for one that has.
    # +claims+, +header+:: Members to add or to replace; nil removes one.
    def token(user_id: "TestUser0000000000000000", expires_in: 3600, claims: {}, header: {})
      now = Time.now.to_i
      # A token that has expired was issued before it did.
      issued_at = [now, now + expires_in - 1].min
      usual = {
        "iss" => issuer, "aud" => [@auth_origin, app_id], "sub" => user_id,
        "iat" => issued_at, "nbf" => issued_at - 5, "exp" => now + expires_in,
        "sid" => "TestSession0000000000000", "amr" => %w[swk user], "auth_time" => issued_at
      }
      sign(with(@header, header), with(usual, claims))
    end

    # A token of exactly this header and these claims, each a Hash or the text to sign in its place.
    def sign(header, claims)
      signed = [header, claims].map { |part| Base64url.encode(part.is_a?(String) ? part : JSON.generate(part)) }.join(".")
      "#{signed}.#{Base64url.encode(@pair.sign(signed))}"
    end

    private

    def with(members, changes)
      members.merge(changes.transform_keys(&:to_s)).compact
    end

    # RSA with 2048 bits.
    class RSAPair # :nodoc:
      def initialize
        @key = OpenSSL::PKey::RSA.new(2048)
      end

      def members
        { "kty" => "RSA", "n" => Base64url.encode(@key.n.to_s(2)), "e" => Base64url.encode(@key.e.to_s(2)) }
      end

      def sign(data) = @key.sign("SHA256", data)
    end

    # P-256.
    class ECPair # :nodoc:
      def initialize
        @key = OpenSSL::PKey::EC.generate("prime256v1")
      end

      # An uncompressed point is the byte 4 and the two coordinates.
      def members
        point = @key.public_key.to_octet_string(:uncompressed)
        x, y = [1, 33].map { |start| Base64url.encode(point.byteslice(start, 32)) }
        { "kty" => "EC", "crv" => "P-256", "x" => x, "y" => y }
      end

      def sign(data)
        OpenSSL::ASN1.decode(@key.sign("SHA256", data)).value.map { |number| number.value.to_s(2).rjust(32, "\0") }.join
      end
    end

    # Ed25519.
    class EdPair # :nodoc:
      def initialize
        @key = OpenSSL::PKey.generate_key("ED25519")
      end

      # The key is the last 32 bytes of its SubjectPublicKeyInfo (RFC 8410, section 4).
      def members
        { "kty" => "OKP", "crv" => "Ed25519", "x" => Base64url.encode(@key.public_to_der.byteslice(-32, 32)) }
      end

      def sign(data) = @key.sign(nil, data)
    end

    PAIRS = { "RS256" => RSAPair, "ES256" => ECPair, "EdDSA" => EdPair }.freeze
    private_constant :RSAPair, :ECPair, :EdPair, :PAIRS
  end
end
