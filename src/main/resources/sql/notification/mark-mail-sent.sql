update mail set sent_at = now() where message_id = :#messageId
