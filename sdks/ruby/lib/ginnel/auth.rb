# frozen_string_literal: true

module Ginnel
  # Who is calling. One is at Client#auth.
  class Auth
    def initialize(token_check) # :nodoc:
      @token_check = token_check
      freeze
    end

    # The id of the user who sent this request: a Rack::Request, an ActionDispatch::Request, or a Rack env. The token is
    # taken from <tt>Authorization: Bearer …</tt> when the request has it, else from the cookie +psg_auth_token+. Raises
    # Error when the request is not a signed-in user's.
    def authenticate_request(request)
      validate_token(RequestToken.read(request)).sub
    end

    # The Claims of a valid auth token; raises Error for every other.
    def validate_token(token)
      @token_check.call(token)
    end
  end
end
