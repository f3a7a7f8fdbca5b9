// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.efficientsegnet.SegmenterLoadException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.runtime.AbstractFunction1;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Runs the cases of a batch in Spark jobs of one stage each, without a shuffle: so nothing that has ended is computed
 * again when an executor is lost. Rows go to the driver as tasks end.
 */
final class CaseJob {

    private static final Logger LOG = LoggerFactory.getLogger(CaseJob.class);
    private static final long LOG_NANOS = 60_000_000_000L;

    private final SparkContext spark;
    private final CaseWork work;
    private final RowSpool spool;
    private final String tag = "efficientsegnet-" + UUID.randomUUID();

    private final List<ScanCase> postponed = new ArrayList<>();
    private final List<ScanCase> suspects = new ArrayList<>();
    private SegmenterLoadException fatal;
    private IOException unspooled;
    private long logged = System.nanoTime();

    CaseJob(SparkContext spark, CaseWork work, RowSpool spool) {
        this.spark = spark;
        this.work = work;
        this.spool = spool;
    }

    /**
     * Runs all cases.
     *
     * @throws SegmenterLoadException at once if an executor cannot load the model
     * @throws IOException if rows cannot be kept
     * @throws IllegalStateException if Spark ends the job
     */
    void run(List<ScanCase> cases, int casesPerTask) throws IOException {
        spark.addJobTag(tag);
        spark.setInterruptOnCancel(true);
        try {
            pass(CaseWork.Phase.TOGETHER, cases, casesPerTask);
            pass(CaseWork.Phase.TOGETHER, taken(postponed), 1);
            List<ScanCase> alone = taken(suspects);
            if (!alone.isEmpty()) {
                LOG.warn("{} cases were being worked on when an executor was lost; each is tried alone", alone.size());
            }
            for (int from = 0; from < alone.size(); ) {
                // One an executor: those that wait behind another would be lost with it.
                int to = Math.min(alone.size(), from + executors());
                pass(CaseWork.Phase.ALONE, alone.subList(from, to), 1);
                from = to;
            }
        } finally {
            spark.removeJobTag(tag);
            spark.setInterruptOnCancel(false);
        }
    }

    private int executors() {
        int withDriver = spark.statusTracker().getExecutorInfos().length;
        return Math.max(1, withDriver - 1);
    }

    private static List<ScanCase> taken(List<ScanCase> list) {
        List<ScanCase> taken = List.copyOf(list);
        list.clear();
        return taken;
    }

    private void pass(CaseWork.Phase phase, List<ScanCase> cases, int casesPerTask) throws IOException {
        if (cases.isEmpty()) {
            return;
        }
        int tasks = (cases.size() + casesPerTask - 1) / casesPerTask;
        RDD<ScanCase> planned = JavaSparkContext.fromSparkContext(spark)
                .parallelize(cases, tasks)
                .rdd();
        ClassTag<TaskReport> type = scala.reflect.ClassTag$.MODULE$.apply(TaskReport.class);
        try {
            spark.runJob(planned, new Task(phase, work), new Handler(this), type);
        } catch (Exception e) {
            // Those of Spark are checked, which Scala does not tell.
            spark.cancelJobsWithTag(tag);
            if (fatal != null) {
                throw fatal;
            }
            if (unspooled != null) {
                throw unspooled;
            }
            throw new IllegalStateException("Spark ended the job: " + e.getMessage(), e);
        }
    }

    private void ended(TaskReport report) {
        postponed.addAll(report.postponed());
        suspects.addAll(report.suspects());
        try {
            for (String row : report.rows()) {
                spool.add(row);
            }
        } catch (IOException e) {
            unspooled = e;
            throw new IllegalStateException(e);
        }
        if (report.fatal() != null) {
            fatal = new SegmenterLoadException(report.fatal());
            throw fatal;
        }
        long now = System.nanoTime();
        if (now - logged > LOG_NANOS) {
            logged = now;
            LOG.info("{} cases have ended", spool.count());
        }
    }

    /** What an executor does with a partition. */
    private static final class Task extends AbstractFunction2<TaskContext, Iterator<ScanCase>, TaskReport>
            implements Serializable {

        private static final long serialVersionUID = 1L;

        private final CaseWork.Phase phase;
        private final CaseWork work;

        Task(CaseWork.Phase phase, CaseWork work) {
            this.phase = phase;
            this.work = work;
        }

        @Override
        public TaskReport apply(TaskContext context, Iterator<ScanCase> partition) {
            List<ScanCase> cases = new ArrayList<>();
            partition.foreach(new AbstractFunction1<ScanCase, Object>() {
                @Override
                public Object apply(ScanCase scanCase) {
                    return cases.add(scanCase);
                }
            });
            return work.run(phase, cases);
        }
    }

    /** Called by one thread of the driver, in the order in which tasks end. */
    private static final class Handler extends AbstractFunction2<Object, TaskReport, BoxedUnit> {

        private final CaseJob job;

        Handler(CaseJob job) {
            this.job = job;
        }

        @Override
        public BoxedUnit apply(Object partition, TaskReport report) {
            job.ended(report);
            return BoxedUnit.UNIT;
        }
    }
}
