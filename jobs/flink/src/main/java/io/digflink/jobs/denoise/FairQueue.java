package io.digflink.jobs.denoise;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Decides which request gets the next place. First comes the tenant with the least service, and of
 * it the request with the least service over its weight (start-time fair queueing, Goyal, Vin and
 * Cheng, SIGCOMM 1996, with the work of an image known when it begins). Who joins starts on a level
 * with those that are there, so that nobody saves up service and nobody starves.
 *
 * <p>Where the turn of a request with a deadline comes, the request of the same tenant and priority
 * with the least slack takes it: requests with deadlines share their turns.
 */
final class FairQueue {
  private static final int MOST_IDLE_TENANTS = 1_000;

  private final Map<String, Tenant> tenants = new HashMap<>();
  private final Map<String, Flow> flows = new HashMap<>();
  private final Set<Flow> withPlaces = new LinkedHashSet<>();
  private final TreeSet<Tenant> waiting =
      new TreeSet<>(
          Comparator.comparingDouble(Tenant::service).thenComparingLong(Tenant::sequence));
  private final int mostPlacesOfTenant;
  private double level;
  private long created;
  private int sweepAt = MOST_IDLE_TENANTS;

  /** Who begins next, and whose turn it is. */
  record Turn(Flow flow, Flow charged) {}

  /**
   * @param mostPlacesOfTenant places that the images of a tenant may have
   */
  FairQueue(int mostPlacesOfTenant) {
    this.mostPlacesOfTenant = mostPlacesOfTenant;
  }

  /** The request that a portion belongs to, which joins if it is new. */
  Flow flowOf(PortionInFlight portion) {
    Flow flow = flows.get(portion.portion().source());
    if (flow == null) {
      String name = portion.portion().tenant();
      Tenant tenant = tenants.computeIfAbsent(name, n -> new Tenant(created++));
      flow = new Flow(tenant, portion);
      flows.put(flow.source(), flow);
    }
    return flow;
  }

  /**
   * Work that is left for a request that joins, if all get their share: the smaller leave first.
   */
  double workUntilDone(Flow joining) {
    long own = joining.workWaiting();
    double work = own;
    for (Flow flow : flows.values()) {
      if (flow != joining && flow.isWaiting()) {
        work += Math.min(own, flow.workWaiting());
      }
    }
    return work;
  }

  /**
   * Changes what a request has waiting, has placed or has had, and keeps the order.
   *
   * @param change whatever changes {@link Flow#isWaiting}, {@link Flow#service} or its tenant's
   */
  void change(Flow flow, Runnable change) {
    Tenant tenant = flow.tenant();
    waiting.remove(tenant);
    boolean wasWaiting = tenant.waiting().remove(flow);
    change.run();
    if (flow.isWaiting()) {
      if (wasWaiting) {
        tenant.waiting().add(flow);
      } else {
        tenant.join(flow);
      }
    }
    if (flow.placed().isEmpty()) {
      withPlaces.remove(flow);
    } else {
      withPlaces.add(flow);
    }
    if (flow.isGone()) {
      flows.remove(flow.source());
    }
    if (!tenant.waiting().isEmpty()) {
      tenant.joinAt(level);
      waiting.add(tenant);
    }
    forgetIdleTenants();
  }

  /** Who has had more than the others is remembered until they have had as much. */
  private void forgetIdleTenants() {
    if (flows.isEmpty()) {
      tenants.clear();
    } else if (tenants.size() > sweepAt) {
      tenants
          .values()
          .removeIf(t -> t.waiting().isEmpty() && t.places() == 0 && t.service() <= level);
      sweepAt = Math.max(MOST_IDLE_TENANTS, 2 * tenants.size());
    }
  }

  /**
   * Whose turn it is to take a free place; null if nobody waits that may have one.
   *
   * @param slack slack of a request with a deadline, in milliseconds
   */
  Turn next(ToLongFunction<Flow> slack) {
    for (Tenant tenant : waiting) {
      if (tenant.places() < mostPlacesOfTenant) {
        Flow turn = tenant.waiting().first();
        return new Turn(mostUrgent(turn, slack), turn);
      }
    }
    return null;
  }

  /** Charges an image that begins. Who joins from now on is on a level with that turn. */
  void charge(Turn turn, long work) {
    Flow flow = turn.flow();
    Tenant tenant = flow.tenant();
    level = Math.max(level, tenant.service());
    tenant.reached(turn.charged().service());
    change(
        turn.charged(),
        () ->
            change(
                flow,
                () -> {
                  flow.takeTurnOf(turn.charged());
                  flow.charge(work);
                  tenant.charge(work);
                }));
  }

  private static Flow mostUrgent(Flow turn, ToLongFunction<Flow> slack) {
    Flow urgent = turn;
    if (turn.hasDeadline()) {
      long least = slack.applyAsLong(turn);
      for (Flow other : turn.tenant().waiting()) {
        if (turn.sharesTurnsWith(other)) {
          long its = slack.applyAsLong(other);
          if (its < least) {
            least = its;
            urgent = other;
          }
        }
      }
    }
    return urgent;
  }

  /** A request without a place, and one that has more than its share and can give one up. */
  record Swap(Flow poor, Flow rich) {}

  /**
   * The next request that waits, has no place and gets none because all are taken, or all that its
   * tenant may have; null if no other has more than its share.
   *
   * @param isFull whether all places are taken
   * @param mayTake whether a request may take a place from another one
   * @param slack slack of a request with a deadline, in milliseconds
   */
  Swap nextSwap(boolean isFull, Predicate<Flow> mayTake, ToLongFunction<Flow> slack) {
    List<Flow> all =
        withPlaces.stream()
            .filter(flow -> flow.placed().size() > 1 || flow.isWaiting())
            .sorted(Comparator.comparingInt((Flow flow) -> flow.placed().size()).reversed())
            .toList();
    if (all.isEmpty()) {
      return null; // a crowd of small requests, mostly
    }
    for (Tenant tenant : waiting) {
      boolean isAtLimit = tenant.places() >= mostPlacesOfTenant;
      List<Flow> givers = isFull || isAtLimit ? giversTo(tenant, isAtLimit, all) : List.of();
      for (Flow poor : givers.isEmpty() ? List.<Flow>of() : tenant.waiting()) {
        if (poor.placed().isEmpty() && mayTake.test(poor)) {
          for (Flow rich : givers) {
            if (rich.canGiveUpPlaceFor(poor, slack)) {
              return new Swap(poor, rich);
            }
          }
        }
      }
    }
    return null;
  }

  /** Requests of tenants that have had no less, in their order. */
  private static List<Flow> giversTo(Tenant tenant, boolean isAtLimit, List<Flow> all) {
    return all.stream()
        .filter(
            flow ->
                flow.tenant() == tenant
                    || !isAtLimit && flow.tenant().service() >= tenant.service())
        .toList();
  }
}
