# frozen_string_literal: true

module Ginnel
  # Reads a key set document: <tt>{"keys": [...]}</tt> (RFC 7517, section 5).
  module JWKS # :nodoc:
    # The document is no key set; the message completes the sentence "The key set …".
    class Invalid < StandardError; end

    module_function

    # The signing keys by their id. Keys for other purposes or of types we do not know are left out, as RFC 7517,
    # section 5 asks.
    def read(document)
      entries = document["keys"] if document.is_a?(Hash)
      raise Invalid, 'is not an object with a list of "keys"' unless entries.is_a?(Array)

      keys = {}
      entries.each do |entry|
        key = VerificationKey.from_jwk(entry) if entry.is_a?(Hash)
        next unless key
        raise Invalid, "has two keys with the id #{key.kid.inspect}" if keys.key?(key.kid)

        keys[key.kid] = key
      end
      raise Invalid, "has no signing key of type RS256, ES256 or EdDSA with an id" if keys.empty?

      keys.freeze
    end
  end
end
