# frozen_string_literal: true

require "openssl"

module Ginnel
  # The signature algorithms that Ginnel issues tokens with.
  ALGORITHMS = %w[RS256 ES256 EdDSA].freeze

  # One public key of a key set (RFC 7517), ready to verify. The key's own algorithm decides how; a token never does.
  class VerificationKey
    attr_reader :kid, :algorithm

    # The key of a JWK, or nil for one of another kind or for another use, and for members that make no key.
    def self.from_jwk(jwk)
      kid, alg = jwk.values_at("kid", "alg")
      return unless kid.is_a?(String) && kid != ""
      return unless jwk.fetch("use", "sig") == "sig"

      operations = jwk.fetch("key_ops", ["verify"])
      return unless operations.is_a?(Array) && operations.include?("verify")

      material = MATERIALS[alg]&.from_jwk(jwk)
      new(kid, alg, material) if material
    rescue OpenSSL::PKey::PKeyError
      nil # as OpenSSL says of a point that is not on the curve
    end

    def initialize(kid, algorithm, material)
      @kid = kid
      @algorithm = algorithm
      @material = material
      @public_key = OpenSSL::PKey.read(material.to_der)
    end

    # Whether this key made the signature over these bytes.
    def verify(signature, data)
      @material.verify(public_key, signature, data)
    rescue OpenSSL::PKey::PKeyError
      # Some versions of OpenSSL raise for a signature of an impossible form.
      false
    end

    def inspect
      "#<#{self.class} #{algorithm} #{kid.inspect}>"
    end

    private

    attr_reader :public_key

    # A member that stands for bytes, or nil when it is none.
    module JWK # :nodoc:
      def self.bytes(jwk, name)
        Base64url.decode(jwk[name]) if jwk[name].is_a?(String)
      end
    end
    private_constant :JWK

    # A SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), which is the form in which OpenSSL reads any public key.
    module DER # :nodoc:
      module_function

      def public_key(bits, *algorithm)
        sequence(sequence(*algorithm), OpenSSL::ASN1::BitString(bits)).to_der
      end

      def sequence(*items) = OpenSSL::ASN1::Sequence(items)
      def oid(name) = OpenSSL::ASN1::ObjectId(name)
      def null = OpenSSL::ASN1::Null(nil)
      def integer(bytes) = OpenSSL::ASN1::Integer(OpenSSL::BN.new(bytes, 2))
    end
    private_constant :DER

    # RSA with PKCS #1 v1.5 and SHA-256 (RFC 7518, section 3.3).
    class RS256 # :nodoc:
      def self.from_jwk(jwk)
        return unless jwk["kty"] == "RSA" && !jwk.key?("crv")

        modulus, exponent = %w[n e].map { |name| JWK.bytes(jwk, name) }
        new(modulus, exponent) if modulus && modulus?(modulus) && exponent && exponent?(exponent)
      end

      # RFC 7518, section 6.3.1: numbers without zeros in front. The modulus has 2048 to 8192 bits that fill its bytes, the
      # exponent at most 31: what the libraries of all our SDKs take.
      def self.modulus?(bytes)
        (256..1024).cover?(bytes.bytesize) && bytes.getbyte(0) >= 0x80 && bytes.getbyte(-1).odd?
      end

      def self.exponent?(bytes)
        return false if bytes.empty? || bytes.getbyte(0).zero?

        (3...2**31).cover?(OpenSSL::BN.new(bytes, 2).to_i) && bytes.getbyte(-1).odd?
      end
      private_class_method :modulus?, :exponent?

      def initialize(modulus, exponent)
        @modulus = modulus
        @exponent = exponent
      end

      def to_der
        numbers = DER.sequence(DER.integer(@modulus), DER.integer(@exponent)).to_der
        DER.public_key(numbers, DER.oid("rsaEncryption"), DER.null)
      end

      def verify(key, signature, data)
        key.verify("SHA256", signature, data)
      end
    end

    # ECDSA on P-256 with SHA-256 (RFC 7518, section 3.4).
    class ES256 # :nodoc:
      def self.from_jwk(jwk)
        return unless jwk.values_at("kty", "crv") == %w[EC P-256]

        x, y = %w[x y].map { |name| JWK.bytes(jwk, name) }
        new(x, y) if x&.bytesize == 32 && y&.bytesize == 32
      end

      def initialize(x, y)
        @x = x
        @y = y
      end

      def to_der
        DER.public_key("\x04".b + @x + @y, DER.oid("id-ecPublicKey"), DER.oid("prime256v1"))
      end

      # The signature is r and s, 32 bytes each (RFC 7518, section 3.4); OpenSSL wants them as a sequence.
      def verify(key, signature, data)
        return false unless signature.bytesize == 64

        pair = DER.sequence(DER.integer(signature.byteslice(0, 32)), DER.integer(signature.byteslice(32, 32)))
        key.verify("SHA256", pair.to_der, data)
      end
    end

    # Ed25519 (RFC 8037, section 3.1).
    class EdDSA # :nodoc:
      def self.from_jwk(jwk)
        return unless jwk.values_at("kty", "crv") == %w[OKP Ed25519]

        bytes = JWK.bytes(jwk, "x")
        new(bytes) if bytes&.bytesize == 32
      end

      def initialize(bytes)
        @bytes = bytes
      end

      def to_der
        DER.public_key(@bytes, DER.oid("ED25519"))
      end

      def verify(key, signature, data)
        key.verify(nil, signature, data)
      end
    end

    MATERIALS = { "RS256" => RS256, "ES256" => ES256, "EdDSA" => EdDSA }.freeze
    private_constant :RS256, :ES256, :EdDSA, :MATERIALS
  end
end
