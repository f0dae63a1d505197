# frozen_string_literal: true

# Checks Ginnel's sign-ins in a Ruby back end, with the standard library only.
#
#   client = Ginnel::Client.new(app_id: ENV["GINNEL_APP_ID"])
#   user_id = client.auth.authenticate_request(request)
#
# Start with Ginnel::Client. The middleware is in "ginnel/rack", the Rails concern in "ginnel/rails", and tokens for an
# app's own tests come from "ginnel/testing".
module Ginnel
end

require_relative "ginnel/version"
require_relative "ginnel/error"
require_relative "ginnel/base64url"
require_relative "ginnel/strict_json"
require_relative "ginnel/verification_key"
require_relative "ginnel/jwks"
require_relative "ginnel/static_key_set"
require_relative "ginnel/key_set_fetch"
require_relative "ginnel/remote_key_set"
require_relative "ginnel/claims"
require_relative "ginnel/token_check"
require_relative "ginnel/request_token"
require_relative "ginnel/auth"
require_relative "ginnel/options"
require_relative "ginnel/client"
