package io.digflink.jobs.denoise;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.golden.EarlierState;
import io.digflink.jobs.golden.GoldenFiles;
import io.digflink.jobs.progress.ProgressHarness;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Portion;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.RequestEvent.Kind;
import io.digflink.jobs.request.TestRequests;
import io.digflink.schemas.RequestState;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the operator holds outlives a restore, also of an earlier version. */
@Timeout(60)
class DenoiseRestoreITCase extends DenoiseHarness {
  @Test
  void anImageThatIsNotFiniteLeavesThroughACheckpoint() throws Exception {
    start("spoiled", null);
    process(spoiled.digest(), request("mixed", 1, BAD_LABEL));
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    assertThat(rejects()).isEmpty();
    harness.close();

    start("spoiled", snapshot);
    harness.endInput();

    assertThat(latents()).hasSize(1);
    assertThat(rejects())
        .singleElement()
        .satisfies(reject -> assertThat(reject.getMessage()).contains("step 1 of 3"));
  }

  @Test
  void whatIsHeldOutlivesARestoreWithoutBeingAcceptedOrBegunTwice() throws Exception {
    start("good", null, 2);
    process(good.digest(), request("a", 1, 2, 3));
    process(good.digest(), request("b", 4));
    runMail();
    runMail();
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    List<String> before = events();
    List<float[]> out = latents();
    harness.close();
    assertThat(before).contains("a ACCEPTED 3", "a BEGUN 0", "b ACCEPTED 1");

    start("good", snapshot, 2);
    harness.endInput();
    List<float[]> restored = latents();
    List<String> after = events();
    harness.close();

    start("good", null);
    process(good.digest(), request("a", 1, 2, 3));
    process(good.digest(), request("b", 4));
    harness.endInput();
    assertThat(out).isEmpty();
    assertThat(restored).usingRecursiveComparison().isEqualTo(latents());
    assertThat(after).doesNotContain("a ACCEPTED 3", "a BEGUN 0", "b ACCEPTED 1");
  }

  @Test
  void aPortionOfARequestThatWasCancelledBeforeIsDroppedAlsoAfterARestore() throws Exception {
    start("good", null);
    cancel("a", 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    start("good", snapshot);
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 0, 2));
    process(Portion.of(request("a", 1, 2, 3), good.digest(), 2, 3));
    harness.setProcessingTime(Duration.ofHours(1).toMillis() + 1);
    process(good.digest(), request("a", 1));
    harness.endInput();

    assertThat(events())
        .containsExactly(
            "a ACCEPTED 2",
            "a DROPPED 2 CANCELLED",
            "a ACCEPTED 1",
            "a DROPPED 1 CANCELLED",
            "a ACCEPTED 1",
            "a BEGUN 0");
    assertThat(harness.extractOutputValues()).hasSize(1);
  }

  /** Of two requests one has begun: two of its three images are in flight, one has left. */
  @Test
  void requestsOfVersion3GoOnAsOnePortionAndAreCounted() throws Exception {
    AdmittedRequest begun = request("begun", 1, 2, 3);
    AdmittedRequest waits = request("waits", 4);
    start("good", null);
    process(good.digest(), begun);
    process(good.digest(), waits);
    harness.endInput();
    List<float[]> expected = latents();
    harness.close();
    List<float[]> inFlight = List.of(noise(begun, 1), noise(begun, 2));

    start(
        "good",
        EarlierState.split(
            Map.of(
                "requests-in-flight",
                List.of(
                    GoldenFiles.element(3, version3(begun, good.digest(), 3, inFlight)),
                    GoldenFiles.element(3, version3(waits, "", 0, List.of()))))));
    harness.endInput();

    assertThat(latents()).usingRecursiveComparison().isEqualTo(expected.subList(1, 4));
    List<RequestEvent> events = allEvents();
    assertThat(events)
        .filteredOn(event -> event.kind() == Kind.OPENED)
        .extracting(event -> event.requestId() + " " + event.state())
        .containsExactly("begun " + RequestState.RUNNING, "waits " + RequestState.ADMITTED);
    ProgressHarness progress = new ProgressHarness();
    progress.add(events);
    for (Handover handover : harness.extractOutputValues()) {
      progress.add(List.of(RequestEvent.done(handover.image().header(), 9)));
    }
    assertThat(progress.told())
        .containsExactlyInAnyOrder(
            "begun RUNNING 2/3", "begun COMPLETED 3/3", "waits RUNNING 0/1", "waits COMPLETED 1/1");
    progress.close();
  }

  private static float[] noise(AdmittedRequest request, int index) {
    Portion whole = TestRequests.whole(request, good.digest());
    return good.diffusion().begin(whole.spec(index)).snapshot().latent();
  }

  /** As version 3 held a request: the images in flight were the last of those begun. */
  private static byte[] version3(
      AdmittedRequest request, String digest, int begun, List<float[]> images) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(request.original().length);
    out.write(request.original());
    out.writeUTF(request.source());
    out.writeInt(request.labels().length);
    for (int label : request.labels()) {
      out.writeInt(label);
    }
    out.writeInt(SHAPE.channels());
    out.writeInt(SHAPE.height());
    out.writeInt(SHAPE.width());
    out.writeLong(request.askedAt());
    out.writeLong(request.admittedAt());
    out.writeInt(0); // headers
    out.writeInt(0); // the record is in single-object encoding
    out.writeUTF(digest);
    out.writeInt(begun);
    out.writeInt(images.size());
    for (float[] values : images) {
      out.writeLong(5);
      out.writeInt(0);
      for (float value : values) {
        out.writeFloat(value);
      }
      out.writeBoolean(false);
    }
    return bytes.toByteArray();
  }
}
