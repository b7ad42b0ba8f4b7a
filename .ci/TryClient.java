import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.RequestsApi;
import org.openapitools.client.api.ViewsApi;
import org.openapitools.client.model.Order;
import org.openapitools.client.model.PlaceOrderRequest;
import org.openapitools.client.model.RegisterRequest;
import org.openapitools.client.model.RequestedLinesInner;
import org.openapitools.client.model.User;

/** Registers and orders by the client that try-client has made, until the order is paid. */
class TryClient {

    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        RequestsApi requests = new RequestsApi(client);
        ViewsApi views = new ViewsApi(client);

        User user = requests.register(new RegisterRequest().name("Ada Lovelace").email("ada@example.com"),
                UUID.randomUUID().toString());
        check(user.equals(views.showUser(user.getUserId())), "shows " + user);
        Order order = requests.placeOrder(new PlaceOrderRequest().userId(user.getUserId())
                .lines(List.of(new RequestedLinesInner().sku("BOOK-1").quantity(2))), UUID.randomUUID().toString());
        check(order.getTotal() == 11998, "makes " + order);

        Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
        while (views.showOrder(order.getOrderId()).getStatus() != Order.StatusEnum.PAYED) {
            check(Instant.now().isBefore(deadline), "pays " + order);
            Thread.sleep(200);
        }
        check(views.showAccount(user.getUserId()).getBalance() == 88002, "debits " + user);
        try {
            requests.register(new RegisterRequest().name("Ada").email("ada@example.com"), null);
            check(false, "refuses an address that is taken");
        } catch (ApiException e) {
            check(e.getCode() == 409, "refuses an address that is taken: " + e);
        }
    }

    private static void check(boolean done, String what) {
        if (!done) {
            throw new IllegalStateException("The system never " + what);
        }
    }
}
