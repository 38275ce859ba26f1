package io.digflink.lab.faults;

import io.digflink.lab.cluster.FlinkProcesses;
import io.digflink.lab.cluster.JvmProcess;

/** What happens to processes. */
public enum ProcessFault implements Fault {
  /** {@code kill -9} of a TaskManager that denoises; another is started. */
  TASK_MANAGER_KILLED {
    @Override
    public long strike(FaultRun run) throws Exception {
      FlinkProcesses flink = run.stack().flink();
      JvmProcess victim = flink.taskManagers().get(run.anyTaskManager());
      long now = System.currentTimeMillis();
      victim.kill();
      flink.startTaskManager();
      return now;
    }

    @Override
    public void tidyUp(FaultRun run) throws Exception {
      run.stack().awaitSlots();
    }
  },

  /** A TaskManager that denoises gets a segmentation fault; another is started. */
  TASK_MANAGER_CRASHED {
    @Override
    public long strike(FaultRun run) throws Exception {
      FlinkProcesses flink = run.stack().flink();
      JvmProcess victim = flink.taskManagers().get(run.anyTaskManager());
      long now = System.currentTimeMillis();
      victim.signal("SEGV");
      victim.awaitEnd();
      flink.startTaskManager();
      return now;
    }

    @Override
    public void tidyUp(FaultRun run) throws Exception {
      run.stack().awaitSlots();
    }
  },

  /** {@code kill -9} of the JobManager, which is started again. */
  JOB_MANAGER_KILLED {
    @Override
    public long strike(FaultRun run) throws Exception {
      JvmProcess jobManager = run.stack().flink().jobManager();
      long now = System.currentTimeMillis();
      jobManager.kill();
      jobManager.start();
      return now;
    }

    @Override
    public void tidyUp(FaultRun run) throws Exception {
      run.stack().awaitSlots();
    }
  },

  /** {@code kill -9} of the broker, which is started again on the same log. */
  BROKER_KILLED {
    @Override
    public long strike(FaultRun run) throws Exception {
      JvmProcess broker = run.stack().kafka().process();
      long now = System.currentTimeMillis();
      broker.kill();
      broker.start();
      return now;
    }
  }
}
