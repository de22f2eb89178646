-- what lets anybody act at Bridge as the company, or read its banks
UPDATE payment_provider
   SET state = 'disabled',
       bridge_client_id = NULL,
       bridge_client_secret = NULL,
       bridge_webhook_secret = NULL,
       bridge_webhook_secret_old = NULL,
       bridge_user_ref = NULL,
       bridge_access_token = NULL,
       bridge_token_expires_at = NULL
 WHERE code = 'bridge';

UPDATE bridge_connection
   SET token = NULL;
