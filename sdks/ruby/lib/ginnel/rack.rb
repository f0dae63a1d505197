# frozen_string_literal: true

require_relative "../ginnel"
require_relative "refusal"

module Ginnel
  # A Rack middleware that lets only signed-in users pass. Behind it, the user's id is in <tt>env["ginnel.user_id"]</tt>.
  #
  #   use Ginnel::Rack, client: Ginnel::Client.new(app_id: ENV["GINNEL_APP_ID"])
  #
  # Who is not signed in gets 401 with <tt>{"code", "error"}</tt>. What is not the caller's fault (+:keys_unavailable+,
  # +:configuration+) is written to the error stream, and answered with 503 or 500.
  class Rack
    # The name in the env under which the user's id is found.
    USER_ID = "ginnel.user_id"

    # +on_refused+:: Called with the Error and the env in place of the answer 401; gives a Rack response.
    def initialize(app, client:, on_refused: nil)
      @app = app
      @client = client
      @on_refused = Options.callable("on_refused", on_refused)
    end

    def call(env)
      begin
        env[USER_ID] = @client.auth.authenticate_request(env)
      rescue Error => e
        return refuse(e, env)
      end
      @app.call(env)
    end

    private

    def refuse(error, env)
      headers = { "content-type" => "application/json", "cache-control" => "no-store" }
      if error.status == 401
        return @on_refused.call(error, env) if @on_refused

        headers["www-authenticate"] = Refusal.challenge(error)
      else
        env["rack.errors"]&.puts("Ginnel: #{error.message}")
      end
      [error.status, headers, [JSON.generate(Refusal.body(error))]]
    end
  end
end
