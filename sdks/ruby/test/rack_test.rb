# frozen_string_literal: true

# The middleware, under Rack's own lint.
require "helper"
require "ginnel/rack"

begin
  require "rack"
  require "rack/lint"
  require "rack/mock"
rescue LoadError
  puts "The tests of the middleware are left out: the gem rack is not installed."
  return
end

class RackTest < GinnelTest
  APP = ->(env) { [200, { "content-type" => "text/plain" }, [env["ginnel.user_id"]]] }

  def ask(headers = {}, client: issuer.client, app: APP, **options)
    middleware = Ginnel::Rack.new(::Rack::Lint.new(app), client: client, **options)
    ::Rack::MockRequest.new(::Rack::Lint.new(middleware)).get("/", headers)
  end

  def test_a_signed_in_user_passes_with_the_id_in_the_env
    answer = ask({ "HTTP_COOKIE" => "psg_auth_token=#{issuer.token(user_id: 'ada')}" })
    assert_equal [200, "ada"], [answer.status, answer.body]
    assert_equal "ada", ask({ "HTTP_AUTHORIZATION" => "Bearer #{issuer.token(user_id: 'ada')}" }).body
  end

  def test_racks_own_request_is_one
    env = ::Rack::MockRequest.env_for("/", "HTTP_COOKIE" => "a=1; psg_auth_token=#{issuer.token(user_id: 'ada')}")
    assert_equal "ada", issuer.client.auth.authenticate_request(::Rack::Request.new(env))
  end

  def test_nobody_else_passes
    app = ->(_) { flunk "the app was called" }
    answer = ask(app: app)
    assert_equal [401, "application/json", "no-store", "Bearer"],
                 [answer.status, *answer.headers.values_at("content-type", "cache-control", "www-authenticate")]
    assert_equal "token_missing", JSON.parse(answer.body)["code"]

    answer = ask({ "HTTP_AUTHORIZATION" => "Bearer #{issuer.token(expires_in: -60)}" }, app: app)
    assert_equal [401, 'Bearer error="invalid_token"'], [answer.status, answer.headers["www-authenticate"]]
    assert_equal({ "code" => "token_expired", "error" => "The auth token has expired; refresh it or sign in again." },
                 JSON.parse(answer.body))
  end

  def test_an_id_that_somebody_put_into_the_env_counts_for_nothing
    answer = ask({ "ginnel.user_id" => "mallory" }, app: ->(_) { flunk "the app was called" })
    assert_equal 401, answer.status
  end

  def test_on_refused_answers_instead
    on_refused = ->(error, env) { [303, { "location" => "/in?#{error.code}&#{env['PATH_INFO']}" }, []] }
    answer = ask(on_refused: on_refused)
    assert_equal [303, "/in?token_missing&/"], [answer.status, answer.headers["location"]]
    assert_equal "ada", ask({ "HTTP_COOKIE" => "psg_auth_token=#{issuer.token(user_id: 'ada')}" }, on_refused: on_refused).body
    refuses(:configuration) { ask(on_refused: "/login") }
  end

  def test_keys_that_cannot_be_had_are_nobodys_fault_and_are_logged
    server = KeyServer.new
    server.reply(status: 500)
    client = Ginnel::Client.new(app_id: issuer.app_id, url: server.url("/inside"), issuer: issuer.issuer)
    answer = ask({ "HTTP_COOKIE" => "psg_auth_token=#{issuer.token}" }, client: client,
                                                                        on_refused: ->(*) { flunk "it is not a refusal" })
    assert_equal [503, "no-store"], [answer.status, answer.headers["cache-control"]]
    assert_nil answer.headers["www-authenticate"]
    assert_equal "keys_unavailable", JSON.parse(answer.body)["code"]
    refute_includes answer.body, "/inside", "addresses of the inside are not for callers"
    assert_match(%r{Ginnel: The keys at .*/inside/.* could not be fetched}, answer.errors)
  ensure
    server.close
  end

  def test_errors_of_the_app_are_the_apps
    app = ->(_) { raise Ginnel::Error.new(:token_expired, "from within") }
    env = { "HTTP_COOKIE" => "psg_auth_token=#{issuer.token}" }
    assert_equal "from within", assert_raises(Ginnel::Error) { ask(env, app: app) }.message
  end
end
