package io.digflink.lab.faults.network;

import io.digflink.lab.cluster.JvmProcess;
import io.digflink.lab.faults.Fault;
import io.digflink.lab.faults.FaultRun;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Wires that are bad for some time; the job can recover from when they are whole again.
 *
 * @param network whose wires
 * @param kind which wires, and how bad
 * @param seconds for how long
 */
record NetworkFault(Network network, Kind kind, int seconds) implements Fault {
  private static final List<String> TASK_MANAGERS = List.of("taskmanager-1", "taskmanager-2");
  private static final List<String> BROKER = List.of("kafka");
  private static final List<String> JOB_MANAGER = List.of("jobmanager");
  private static final List<String> LAB = List.of(Network.LAB);

  /** Hosts that the wires of the network lie between. */
  static final List<String> HOSTS =
      List.of("kafka", "jobmanager", "taskmanager-1", "taskmanager-2");

  /** Which wires are bad, and how; a TaskManager is one that denoises, any of them. */
  enum Kind {
    BROKER_TASK_MANAGER("no network between the broker and a TaskManager", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, worker, BROKER, Wire.CUT);
      }
    },
    BROKER_TASK_MANAGERS("no network between the broker and all TaskManagers", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, TASK_MANAGERS, BROKER, Wire.CUT);
      }
    },
    BROKER_DEAF("half-open: nothing from a TaskManager to the broker", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(worker, BROKER, Wire.CUT);
      }
    },
    BROKER_MUTE("half-open: nothing from the broker to a TaskManager", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(BROKER, worker, Wire.CUT);
      }
    },
    JOB_MANAGER_TASK_MANAGER("no network between the JobManager and a TaskManager", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, worker, JOB_MANAGER, Wire.CUT);
      }
    },
    JOB_MANAGER_DEAF("half-open: nothing from a TaskManager to the JobManager", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(worker, JOB_MANAGER, Wire.CUT);
      }
    },
    JOB_MANAGER_MUTE("half-open: nothing from the JobManager to a TaskManager", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(JOB_MANAGER, worker, Wire.CUT);
      }
    },
    TASK_MANAGERS_APART("no network between the TaskManagers", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, List.of("taskmanager-1"), List.of("taskmanager-2"), Wire.CUT);
      }
    },
    BROKER_ALONE("no network between the broker and anybody", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, BROKER, network.names(), Wire.CUT);
      }
    },
    ZOOKEEPER("no network between the JobManager and ZooKeeper", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        both(network, JOB_MANAGER, LAB, Wire.CUT);
      }
    },
    DELAY("every packet 200 ms late", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(network.names(), network.names(), new Wire(200, 0));
      }
    },
    LOSS("5 % of all packets lost", 5, 30) {
      @Override
      void begin(Network network, List<String> worker) {
        network.set(network.names(), network.names(), new Wire(0, 5));
      }
    },
    BROKER_TASK_MANAGER_LONG("no network between the broker and a TaskManager", 120) {
      @Override
      void begin(Network network, List<String> worker) {
        BROKER_TASK_MANAGER.begin(network, worker);
      }
    },
    JOB_MANAGER_TASK_MANAGER_LONG("no network between the JobManager and a TaskManager", 120) {
      @Override
      void begin(Network network, List<String> worker) {
        JOB_MANAGER_TASK_MANAGER.begin(network, worker);
      }
    };

    private final String description;
    private final int[] seconds;

    Kind(String description, int... seconds) {
      this.description = description;
      this.seconds = seconds;
    }

    /** What is done, for the table. */
    String description() {
      return description;
    }

    /** For how long, each time. */
    int[] seconds() {
      return seconds.clone();
    }

    /** Makes the wires bad. */
    abstract void begin(Network network, List<String> worker);

    private static void both(Network network, List<String> one, List<String> other, Wire wire) {
      network.set(one, other, wire);
      network.set(other, one, wire);
    }
  }

  @Override
  public long strike(FaultRun run) throws Exception {
    kind.begin(network, List.of(run.anyTaskManager()));
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } finally {
      network.mend();
    }
    return System.currentTimeMillis();
  }

  /**
   * Starts TaskManagers again that have ended themselves, as Kubernetes does: Flink ends one whose
   * task cannot be cleaned up, and a producer that reaches no broker for a minute cannot abort.
   */
  @Override
  public void tidyUp(FaultRun run) throws Exception {
    for (JvmProcess taskManager : run.stack().flink().taskManagers().values()) {
      if (!taskManager.isAlive()) {
        taskManager.start();
      }
    }
    run.stack().awaitSlots();
  }
}
