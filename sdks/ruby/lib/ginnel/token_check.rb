# frozen_string_literal: true

module Ginnel
  # The check of an auth token: a JWT (RFC 7519) in compact form (RFC 7515, section 7.1). The order is: size and shape,
  # algorithm, key, signature, claims. Nothing in the claims is looked at before the signature has been verified.
  class TokenCheck # :nodoc:
    # The longest token that is looked at, in characters.
    LARGEST_TOKEN = 16 * 1024

    def initialize(app_id:, issuer:, key_set:, algorithms:, leeway:)
      @app_id = app_id
      @issuer = issuer
      @key_set = key_set
      @algorithms = algorithms
      @leeway = leeway
      freeze
    end

    # The token's claims, once everything about it has been checked.
    def call(token)
      header_part, claims_part, signature_part = split(token)
      header = read_header(header_part)
      signature = Base64url.decode(signature_part) or raise malformed("its signature is not base64url")
      verify(header, signature, "#{header_part}.#{claims_part}")
      check(read_claims(claims_part))
    end

    private

    def split(token)
      raise malformed("it is not a string") unless token.is_a?(String)
      raise Error.new(:token_missing, "There is no auth token to check; sign in first.") if token.empty?

      if token.length > LARGEST_TOKEN
        raise Error.new(:token_oversize, "The auth token is longer than #{LARGEST_TOKEN} characters; sign in again.")
      end

      # As bytes: what a client sends need not be text in any encoding.
      parts = token.b.split(".", -1)
      raise malformed("it does not have three parts") if parts.length != 3 || parts[0].empty? || parts[1].empty?

      parts
    end

    # +jku+, +jwk+, +x5u+ and +x5c+ are never read: keys come from the key set alone.
    def read_header(part)
      bytes = Base64url.decode(part) or raise malformed("its header part is not base64url")
      header = StrictJSON.object(bytes) or raise malformed("its header part is not a JSON object")
      unless @algorithms.include?(header["alg"])
        raise Error.new(:algorithm_not_allowed, "The token must be signed with #{@algorithms.join(' or ')}; sign in again.")
      end
      # RFC 7515, section 4.1.11: an extension that is not understood must be refused, and we understand none.
      raise malformed('its header has "crit"') if header.key?("crit")
      raise malformed('its "typ" is not "JWT"') unless header.fetch("typ", "JWT") == "JWT"

      kid = header["kid"]
      raise malformed('its header has no key id ("kid")') unless kid.is_a?(String) && kid != ""

      header
    end

    def verify(header, signature, signed)
      key = @key_set.find(header["kid"])
      raise Error.new(:key_unknown, "No key of application #{@app_id} has the token's key id; sign in again.") unless key

      # The header's algorithm is among the allowed ones, and the key has the last word on it.
      if key.algorithm != header["alg"]
        raise Error.new(:algorithm_not_allowed, "The token names another algorithm than its key is for; sign in again.")
      end
      return if key.verify(signature, signed)

      raise Error.new(:signature_invalid, "The token's signature does not fit its content; sign in again.")
    end

    def read_claims(part)
      bytes = Base64url.decode(part)
      claims = StrictJSON.object(bytes) if bytes
      claims or raise Error.new(:claim_missing, "The token's claims are not a JSON object; sign in again.")
    end

    def check(claims)
      check_forms(claims)
      check_addressee(claims)
      check_times(claims)
      Claims.new(claims)
    end

    def check_forms(claims)
      sub, iss, aud = claims.values_at("sub", "iss", "aud")
      raise missing("sub") unless sub.is_a?(String) && sub != ""
      raise missing("iss") unless iss.is_a?(String)
      raise missing("aud") unless aud.is_a?(String) || (aud.is_a?(Array) && aud.all?(String))
      raise missing("iat") unless time?(claims["iat"])
      raise missing("exp") unless time?(claims["exp"])
      raise missing("nbf") if claims.key?("nbf") && !time?(claims["nbf"])
    end

    def check_addressee(claims)
      if claims["iss"] != @issuer
        raise Error.new(:issuer_mismatch, "The token was issued by #{claims['iss']}, and #{@issuer} is expected; set " \
                                          "url (GINNEL_URL) to the server's public address, or issuer if it is " \
                                          "reached by another one.")
      end
      return if Array(claims["aud"]).include?(@app_id)

      raise Error.new(:audience_mismatch, "The token is not for application #{@app_id}; check app_id.")
    end

    def check_times(claims)
      now = Time.now.to_i
      if claims["exp"] + @leeway <= now
        raise Error.new(:token_expired, "The auth token has expired; refresh it or sign in again.")
      end
      return if [claims["iat"], claims["nbf"]].compact.all? { |time| time - @leeway <= now }

      raise Error.new(:token_not_yet_valid, "The auth token is from the future; check the clocks of both servers.")
    end

    # Whether this is a number that a clock can be compared with; 1e400 is none.
    def time?(value)
      (value.is_a?(Integer) || value.is_a?(Float)) && value.abs <= Float::MAX
    end

    def malformed(reason)
      Error.new(:token_malformed, "This is not an auth token of Ginnel: #{reason}. Sign in again.")
    end

    def missing(claim)
      Error.new(:claim_missing, "The token has no usable claim \"#{claim}\"; sign in again.")
    end
  end
end
