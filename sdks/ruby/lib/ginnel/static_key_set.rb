# frozen_string_literal: true

module Ginnel
  # A fixed list of keys, for work without a network.
  #
  # Anything with the method +find+ as described here can stand in its place.
  class StaticKeySet
    # Takes the parsed document, with strings as names. Raises Error +:configuration+ when it is not a key set.
    def initialize(document)
      @keys = JWKS.read(document)
      freeze
    rescue JWKS::Invalid => e
      raise Error.new(:configuration, "The key set #{e.message}; pass the JSON found at " \
                                      "{url}/auth/v1/apps/{app_id}/.well-known/jwks.json.")
    end

    # The VerificationKey with this id, or nil if there is none.
    def find(kid)
      @keys[kid]
    end
  end
end
