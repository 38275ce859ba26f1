package io.digflink.cli.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RequestState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page in a browser. Its screenshots lie in {@code target/gallery}, to be looked at. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class GalleryPageITCase {
  private static final int IMAGES = 1_000;
  private static final int EVENTS = 10;
  private static final String SEEN =
      "Number(document.querySelector('#f-images').textContent.replace(',', ''))";
  private static final Path PICTURES = Path.of("target", "gallery");

  @TempDir private static Path directory;
  private static GalleryRun run;
  private static Chromium chromium;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Chromium.find().isPresent(), "no Chromium: Debian has the package chromium");
    run = GalleryRun.start(directory, IMAGES);
    chromium = Chromium.start(Chromium.find().orElseThrow(), directory.resolve("profile"));
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
      run.close();
    }
  }

  @BeforeEach
  void open() {
    chromium.size(1280, 800);
    chromium.open(run.address());
    chromium.await("document.querySelector('#link')?.textContent === 'live'");
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(chromium.complaints).isEmpty();
  }

  @Test
  void sendsWatchesAndCancelsARequest() throws Exception {
    click("#chips button:nth-child(2)");
    click("#chips button:nth-child(1)");
    assertThat(value("#form [name=classes]")).isEqualTo("\"T-shirt, long\", Bag");
    assertThat(text("#cost")).isEqualTo("8 images, 160 steps");
    click("#form .primary");
    chromium.await("document.querySelector('#said').textContent.startsWith('Sent as gallery-')");
    String id = text("#said").replaceAll("Sent as |\\.$", "");

    GenerationRequest sent = run.requests(id).get(0);
    assertThat(sent.getClassNames()).containsExactly("T-shirt, long", "Bag");
    assertThat(sent.getModel()).isEqualTo("a \"model\"");
    assertThat(sent.getPreviewEvery()).isEqualTo(2);

    run.progress(id, RequestState.ADMITTED, 8, 0);
    run.progress(id, RequestState.RUNNING, 8, 0);
    run.preview(id, 0, 5);
    run.preview(id, 1, 5);
    chromium.await("document.querySelectorAll('#tray .draft').length === 2");
    assertThat(text("#tray .draft span")).isEqualTo("step 5 of 20");
    run.image(id, 0, 8);
    run.progress(id, RequestState.RUNNING, 8, 1);
    chromium.await("document.querySelectorAll('#tray .draft').length === 1");
    chromium.await("document.querySelector('#grid .tile img')?.naturalWidth === 128");
    chromium.await(
        "document.querySelector('#active .card .foot span').textContent.startsWith('1/8')");
    chromium.screenshot(PICTURES.resolve("running.png"));

    click("#active .card .foot button");
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> run.cancelled().contains(id));
    chromium.await("document.querySelector('#active .card .state').textContent === 'cancelling'");
    run.progress(id, RequestState.CANCELLED, 8, 1);
    chromium.await("document.querySelector('#ended .card .state')?.textContent === 'cancelled'");
    assertThat(count("#tray .draft")).isZero();
  }

  @Test
  void saysWhyARequestWasRejected() throws Exception {
    run.reject("strange", RejectReason.INVALID_FIELD, "steps is 0; allowed: 1 to 1000 <b>");

    chromium.await("document.querySelector('#refused li p')?.textContent.includes('steps is 0')");
    assertThat(text("#refused li p")).isEqualTo("steps is 0; allowed: 1 to 1000 <b>");
    chromium.await("document.querySelector('[data-state=REJECTED] .why').textContent.length > 0");
  }

  /** Counts what the page's own work takes of the processor, since the machine may be busy. */
  @Test
  void aThousandImagesDoNotSlowIt() throws Exception {
    double few = workOfAnEvent("few");
    run.images("bulk", 0, IMAGES + 100);
    chromium.await(SEEN + " >= " + (IMAGES + 100));
    chromium.await("document.querySelectorAll('#grid .tile').length === " + IMAGES);

    double many = workOfAnEvent("many");

    System.out.printf(
        "work for an event of 3 images: %.1f ms with few, %.1f ms with %d%n", few, many, IMAGES);
    assertThat(many).as("milliseconds for an event").isLessThan(200);
    assertThat(count("#grid .tile")).isEqualTo(IMAGES);
    chromium.eval("scrollTo(0, document.body.scrollHeight)");
    chromium.await("[...document.querySelectorAll('#grid .tile img')].at(-1).complete");
    double before = chromium.seconds();
    chromium.eval(
        "{ const f = document.querySelector('#filter'); f.value = 'few';"
            + " f.dispatchEvent(new Event('input')); document.body.offsetHeight }");
    assertThat(1e3 * (chromium.seconds() - before)).as("milliseconds of a filter").isLessThan(300);
  }

  private static double workOfAnEvent(String id) {
    int seen = chromium.eval(SEEN).intValue();
    double before = chromium.seconds();
    for (int i = 0; i < 3 * EVENTS; i += 3) {
      run.images(id, i, i + 3);
      chromium.await(SEEN + " >= " + (seen + i + 3));
    }
    return 1e3 * (chromium.seconds() - before) / EVENTS;
  }

  @Test
  void canBeUsedWithTheKeyboardAlone() throws Exception {
    run.images("keys", 0, 5);
    chromium.await("document.querySelectorAll('#grid .tile').length >= 5");
    chromium.press("/");
    chromium.type("keys");
    chromium.await(
        "[...document.querySelectorAll('#grid .tile')].filter(t => !t.hidden).length === 5");
    chromium.eval("document.activeElement.blur()");
    chromium.press("g");
    assertThat(text(":focus")).isEqualTo("Bag");
    chromium.press("ArrowRight");
    chromium.press("Enter");
    chromium.await("document.querySelector('#viewer').open");
    assertThat(text("#viewer dd")).isEqualTo("keys, image 4 of 5");
    chromium.press("ArrowRight");
    assertThat(text("#viewer dd")).isEqualTo("keys, image 3 of 5");
    chromium.await("document.querySelector('#viewer img').complete");
    chromium.screenshot(PICTURES.resolve("viewer.png"));
    chromium.press("Escape");
    chromium.await("!document.querySelector('#viewer').open");
    assertThat(chromium.eval("document.activeElement.classList.contains('tile')").booleanValue())
        .isTrue();
    chromium.press("n");
    assertThat(chromium.eval("document.activeElement.name").textValue()).isEqualTo("classes");
    chromium.type("Sneaker");
    chromium.press("Enter");
    chromium.await("document.querySelector('#said').textContent.startsWith('Sent as')");
  }

  @Test
  void fitsANarrowScreen() throws Exception {
    run.request("narrow", 2);
    run.image("narrow", 0, 2);
    chromium.size(360, 740);
    chromium.await("document.querySelectorAll('#grid .tile').length >= 1");
    for (String view : List.of("images", "requests", "ask", "rejects")) {
      click(".views [data-to=" + view + "]");
      assertThat(chromium.eval("document.documentElement.scrollWidth").intValue())
          .as(view)
          .isEqualTo(360);
      assertThat(
              chromium
                  .eval(
                      "[...document.querySelectorAll('main section')].filter(s => s.offsetHeight > 0).map(s => s.id)")
                  .toString())
          .isEqualTo("[\"" + view + "\"]");
      chromium.screenshot(PICTURES.resolve("narrow-" + view + ".png"));
    }
  }

  private static void click(String selector) {
    chromium.await("document.querySelector('" + selector + "')");
    chromium.eval("document.querySelector('" + selector + "').click()");
  }

  private static String text(String selector) {
    return chromium.eval("document.querySelector('" + selector + "').textContent").textValue();
  }

  private static String value(String selector) {
    return chromium.eval("document.querySelector('" + selector + "').value").textValue();
  }

  private static int count(String selector) {
    return chromium.eval("document.querySelectorAll('" + selector + "').length").intValue();
  }
}
