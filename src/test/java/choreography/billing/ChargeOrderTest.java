package choreography.billing;

import java.util.Map;

import choreography.testing.RouteTest;
import org.apache.camel.component.mock.MockEndpoint;
import org.junit.jupiter.api.Test;

import static org.apache.camel.builder.AdviceWith.adviceWith;
import static org.apache.camel.builder.Builder.constant;

class ChargeOrderTest extends RouteTest {

    private static final String ID = "{\"orderId\":\"0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33\"}";
    private static final String ORDER = """
            {"orderId":"0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33","userId":"6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11",
             "status":"CREATED","customer":{"name":"Ada Lovelace","email":"ada@example.com"},
             "lines":[{"sku":"MUG-1","name":"Mug","quantity":1,"unitPrice":1250,"amount":1250}],
             "total":1250,"currency":"EUR","history":[{"status":"CREATED","at":"2026-11-22T10:00:00.000Z"}]}""";

    ChargeOrderTest() {
        super("billing");
    }

    @Test
    void shouldTellThatABillIsPayed() throws Exception {
        adviceWith(context, "billing-charge-order", route -> {
            route.weaveById("billing-look-up-order").replace().setVariable("order", constant(ORDER));
            route.weaveById("record-bill").replace()
                    .setVariable("verdict", constant(Map.of("verdict", "PAYED", "event", ID)));
        });
        context.start();
        MockEndpoint payed = getMockEndpoint("mock:jms:topic:BillPayed");
        payed.expectedBodiesReceived(ID);

        consume("billing-charge-order", ID);

        payed.assertIsSatisfied();
    }
}
