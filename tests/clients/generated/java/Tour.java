import java.util.Base64;
import java.util.List;
import java.util.Objects;
import wrapup.ApiClient;
import wrapup.ApiException;
import wrapup.api.WrapUpCodesApi;
import wrapup.api.WrapUpSegmentsApi;
import wrapup.model.AiContent;
import wrapup.model.AiOutcome;
import wrapup.model.AllowedCode;
import wrapup.model.CodeTranslation;
import wrapup.model.NewConfiguration;
import wrapup.model.NewSegment;
import wrapup.model.NewWrapUpCode;
import wrapup.model.NewWrapUpCodes;
import wrapup.model.SegmentState;
import wrapup.model.SegmentUpdate;

/** The tour by a client of openapi-generator: {@code java Tour URL}, as the user of the environment. */
public class Tour {
    public static void main(String[] args) throws ApiException {
        var credentials = System.getenv("WRAPUP_USER") + ":" + System.getenv("WRAPUP_PASSWORD");
        var basic = "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes());
        var client = new ApiClient();
        client.updateBaseUri(args[0]);
        client.setRequestInterceptor(request -> request.header("Authorization", basic));
        codes(new WrapUpCodesApi(client));
        segments(new WrapUpSegmentsApi(client));
        System.out.println("the tour by openapi-generator: fine");
    }

    /** Codes, in two languages. */
    private static void codes(WrapUpCodesApi api) throws ApiException {
        var german = new CodeTranslation().language("de").code("Erstattung");
        var codes = new NewWrapUpCodes()
                .addCodesItem(new NewWrapUpCode().code("Java Refund").addTranslationsItem(german))
                .addCodesItem(new NewWrapUpCode().code("Java Enquiry").active(true));
        var stored = api.createCodes(codes, null).getResult().getResultMap().getCreatedWrapUpCodes();
        same(stored.stream().map(code -> code.getCode()).toList(), List.of("Java Refund", "Java Enquiry"));
        var code = api.getCode(stored.get(0).getSysId(), "de").getResult().getResultMap().getWrapUpCode();
        same(code.getTranslatedCode(), "Erstattung");
    }

    private static void segments(WrapUpSegmentsApi api) throws ApiException {
        // A CCaaS system's segment, from its opening to its confirmation.
        var configuration = new NewConfiguration()
                .enableCodes(true)
                .defaultCode("Java Enquiry")
                .addAllowedCodesItem(new AllowedCode().code("Java Enquiry"))
                .addAllowedCodesItem(new AllowedCode().code("Java Refund"))
                .duration(120L)
                .showTimer(true)
                .enableAiCode(true)
                .enableAiNotes(true)
                .useThirdPartyAi(true);
        var external = new NewSegment()
                .agentSysId("java-agent")
                .interactionSysId("java-interaction")
                .external(true)
                .externalSegmentId("JAVA-1")
                .openedOn("2026-01-05 10:15:00")
                ._configuration(configuration);
        var opened = api.createSegment(external, null).getSegment();
        same(opened.getState(), SegmentState.OPEN);
        same(opened.getWrapUpConfiguration().getDuration(), "120");

        var content = new AiContent().externalSegmentId("JAVA-1").aiWrapUpCode("Java Refund").aiNotes("Charged twice.");
        same(api.updateSegmentAi(content, null).getSegment().getAiNotes(), "Charged twice.");
        content = new AiContent().externalSegmentId("JAVA-1").aiNotes("One goes back.");
        same(api.updateSegmentAiDetails(content, null).getSegment().getAiNotes(), "One goes back.");

        var closing = new SegmentUpdate().wrapUpCode("Java Refund").notes("Refund sent.");
        var closed = api.updateSegment(closing, null, "JAVA-1", null, null, null).getSegment();
        same(closed.getState(), SegmentState.CLOSED);
        same(closed.getAwaitingConfirmation(), true);
        same(closed.getAiOutcome(), AiOutcome.AI_CODE);
        var confirming = new SegmentUpdate().confirmedOn("2026-01-05 10:30:00");
        var confirmed = api.updateSegment(confirming, null, "JAVA-1", null, null, null).getSegment();
        same(confirmed.getConfirmedOn(), "2026-01-05 10:30:00");

        same(api.getSegment("JAVA-1", null, null).getSegment().getCode().getCode(), "Java Refund");
        var latest = api.findSegment("java-agent", "java-interaction", "interaction_segment", null).getSegment();
        same(latest.getSysId(), opened.getSysId());

        // What is refused.
        var late = new SegmentUpdate().notes("Too late.");
        refused(400, "is final", () -> api.updateSegment(late, null, "JAVA-1", null, null, null));
        refused(404, "JAVA-0", () -> api.getSegment("JAVA-0", null, null));

        // A workspace's own, by the demo's configuration.
        var internal = new NewSegment()
                .agentSysId("java-agent")
                .interactionSysId("java-workspace")
                .wrapUpConfigurationSysId("459249ae34d559a4ad648aab5800ea0a");
        same(api.createSegment(internal, null).getSegment().getExternal(), false);
    }

    private interface Call {
        void run() throws ApiException;
    }

    private static void refused(int status, String says, Call call) {
        try {
            call.run();
        } catch (ApiException refusal) {
            same(refusal.getCode(), status);
            same(refusal.getResponseBody().contains(says), true);
            return;
        }
        throw new AssertionError("not refused: " + says);
    }

    private static void same(Object seen, Object expected) {
        if (!Objects.equals(seen, expected)) {
            throw new AssertionError(seen + " in place of " + expected);
        }
    }
}
