# frozen_string_literal: true

module Ginnel
  # What is answered to a request that does not pass, by the middleware and by the Rails concern.
  module Refusal # :nodoc:
    # What callers are told when it is not their fault; the error's own message is for the log.
    FAULTS = {
      keys_unavailable: "Sign-ins cannot be checked at the moment; try again in a minute.",
      configuration: "Sign-ins cannot be checked: this server is set up wrongly."
    }.freeze
    private_constant :FAULTS

    module_function

    # The value of WWW-Authenticate. RFC 6750, section 3.1: no error code when the request had no token at all.
    def challenge(error)
      error.code == :token_missing ? "Bearer" : 'Bearer error="invalid_token"'
    end

    def body(error)
      { "code" => error.code.to_s, "error" => FAULTS.fetch(error.code, error.message) }
    end
  end
end
