# frozen_string_literal: true

require "active_support/concern"
require_relative "../ginnel"
require_relative "refusal"

module Ginnel
  # For the controllers of a Rails app, beside one line in config/application.rb:
  #
  #   config.ginnel = Ginnel::Client.new(app_id: ENV["GINNEL_APP_ID"])
  #
  #   class ApplicationController < ActionController::Base
  #     include Ginnel::Rails
  #     before_action :require_user
  #   end
  #
  # Who is not signed in gets 401 with <tt>{"code", "error"}</tt>, unless the controller says otherwise in
  # +user_refused+. What is not the caller's fault goes to the app's error pages, with 503 for KeysUnavailable.
  module Rails
    extend ActiveSupport::Concern

    included do
      # A controller of an API has no views to help.
      helper_method :current_user_id, :ginnel if respond_to?(:helper_method)
      # The pages of Rails choose their status by class.
      ActionDispatch::ExceptionWrapper.rescue_responses["Ginnel::KeysUnavailable"] = :service_unavailable
    end

    private

    # The id of the signed-in user, behind <tt>before_action :require_user</tt>; else nil.
    def current_user_id
      @current_user_id
    end

    # Goes on when the request is a signed-in user's, else calls +user_refused+.
    def require_user
      @current_user_id = ginnel.auth.authenticate_request(request)
    rescue Error => e
      raise unless e.status == 401

      user_refused(e)
      # An override that only logs must not open the door: without an answer, Rails would go on to the action.
      head :unauthorized unless performed?
    end

    # What to do with a request that is not a signed-in user's, told the Error; to be overridden, with a redirect for
    # example.
    def user_refused(error)
      response.headers["Cache-Control"] = "no-store"
      response.headers["WWW-Authenticate"] = Refusal.challenge(error)
      render json: Refusal.body(error), status: error.status
    end

    # The Client of the app.
    def ginnel
      config = ::Rails.application.config
      return config.ginnel if config.respond_to?(:ginnel) && config.ginnel

      raise Error.new(:configuration, "Set config.ginnel = Ginnel::Client.new(app_id: …) in config/application.rb.")
    end
  end
end
