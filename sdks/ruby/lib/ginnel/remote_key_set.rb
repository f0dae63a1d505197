# frozen_string_literal: true

module Ginnel
  # The key set at an address, fetched at the first use, kept, and refreshed by use. Safe under threads and after a fork:
  # a fetch is a thread that all who need its keys wait for, and a process that was forked meanwhile begins its own.
  class RemoteKeySet
    # Seconds for which a failed fetch is remembered, so that a server that is down is not asked by every request.
    WAIT_AFTER_FAILURE = 1
    # A failed fetch: what to raise, when it was, and for how many seconds to leave the server alone.
    Failure = Struct.new(:message, :cause, :at, :wait)
    private_constant :WAIT_AFTER_FAILURE, :Failure

    # All times are in seconds. Raises Error +:configuration+ when an option is wrong. Makes no request.
    #
    # +refresh_after+:: Age at which the keys are fetched again in the background, while the old ones stay in use.
    # +max_age+:: Age at which keys are no longer used, even if the server cannot be reached.
    # +cooldown+:: Shortest time between two fetches while there are keys to work with.
    # +timeout+:: Longest time that one fetch may take.
    # +on_error+:: Called with the Error of each fetch that failed, those in the background included: the place to log
    #              it. It runs in the thread of the fetch, and who waits for the keys waits for it too.
    def initialize(url, refresh_after: 600, max_age: 86_400, cooldown: 30, timeout: 5, on_error: nil)
      @uri = Options.key_set_url(url)
      @refresh_after = Options.seconds("refresh_after", refresh_after)
      @max_age = Options.seconds("max_age", max_age)
      @cooldown = Options.seconds("cooldown", cooldown)
      @timeout = Options.seconds("timeout", timeout)
      @on_error = Options.callable("on_error", on_error)
      @lock = Mutex.new
      @loaded_at = @attempted_at = 0
    end

    # The VerificationKey with this id, or nil if there is none. Raises KeysUnavailable when that cannot be known.
    def find(kid)
      found = @lock.synchronize { find_or_fetch(kid, Time.now.to_f) }
      found.is_a?(Thread) ? keys_of(found)[kid] : found
    end

    def inspect
      "#<#{self.class} #{@uri}>"
    end

    private

    # The key, nil, or the fetch to wait for.
    def find_or_fetch(kid, now)
      waits = @failure && !due?(@failure.at, @failure.wait, now)
      if @keys.nil? || now - @loaded_at >= @max_age
        fail_with(@failure) if waits
        return fetch(now)
      end
      may_fetch = !waits && due?(@attempted_at, @cooldown, now)
      if (key = @keys[kid])
        # A failure is kept and told to on_error; this request has its key.
        fetch(now) if may_fetch && due?(@loaded_at, @refresh_after, now)
        return key
      end
      return fetch(now) if may_fetch || fetching?

      # The key may be a new one that could not be fetched: that is not the caller's fault.
      fail_with(@failure) if @failure
    end

    # Begins to fetch the keys, or joins the fetch that is under way.
    def fetch(now)
      return @fetch if fetching?

      @attempted_at = now
      @fetch = Thread.new { load }
    rescue ThreadError => e
      fail_with(failure("no thread could be started (#{e.message})", e))
    end

    # In a forked process the threads of its parent are dead.
    def fetching?
      @fetch&.alive?
    end

    # What the thread does; gives the keys, or the failure.
    def load
      keys = KeySetFetch.call(@uri, @timeout)
      @lock.synchronize do
        @keys = keys
        @loaded_at = Time.now.to_f
        @failure = @fetch = nil
      end
      keys
    rescue KeySetFetch::Failed => e
      failed = failure(e.message, e.cause, e.retry_after)
      @lock.synchronize do
        @failure = failed
        @fetch = nil
      end
      tell(failed)
      failed
    end

    def keys_of(fetch)
      case result = fetch.value
      when Hash then result
      when Failure then fail_with(result)
      else fail_with(failure("the fetch was ended from outside"))
      end
    end

    def failure(reason, cause = nil, wait = nil)
      sentence = "The keys at #{@uri} could not be fetched: #{reason}. Check that Ginnel runs there and that the " \
                 "application exists, or set GINNEL_URL."
      Failure.new(sentence, cause, Time.now.to_f, wait || WAIT_AFTER_FAILURE)
    end

    # A new error for each caller: an error keeps where it was raised first.
    def fail_with(failure)
      raise KeysUnavailable.new(failure.message), cause: failure.cause
    end

    def tell(failure)
      return unless @on_error

      begin
        fail_with(failure)
      rescue KeysUnavailable => e
        @on_error.call(e)
      end
    rescue StandardError => e
      warn("Ginnel: on_error of #{inspect} raised #{e.full_message(highlight: false)}")
    end

    # Whether +seconds+ have passed since +moment+; a clock that was set back counts as passed.
    def due?(moment, seconds, now)
      now - moment >= seconds || now < moment
    end
  end
end
