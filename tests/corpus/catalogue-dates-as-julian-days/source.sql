-- A date column holds a Julian day number among dates: no unix time, and nothing to guess.
-- Found in: files written with julianday()
CREATE TABLE poss (
  pos_id INTEGER PRIMARY KEY AUTOINCREMENT, test_txn_yn TEXT DEFAULT 'N', base_symb TEXT, symb TEXT, prod_id TEXT,
  pos_stat TEXT, tot_out_cnt REAL DEFAULT 0, tot_in_cnt REAL DEFAULT 0, buy_fees_cnt REAL DEFAULT 0,
  sell_fees_cnt_tot REAL DEFAULT 0, fees_cnt_tot REAL DEFAULT 0, buy_cnt REAL DEFAULT 0, sell_cnt_tot REAL DEFAULT 0,
  hold_cnt REAL DEFAULT 0, pocket_cnt REAL DEFAULT 0, clip_cnt REAL DEFAULT 0, sell_order_cnt INTEGER DEFAULT 0,
  prc_buy REAL DEFAULT 0, prc_curr REAL DEFAULT 0, prc_high REAL DEFAULT 0, prc_low REAL DEFAULT 0,
  prc_chg_pct REAL DEFAULT 0, prc_sell_avg REAL DEFAULT 0, val_curr REAL DEFAULT 0, val_tot REAL DEFAULT 0,
  gain_loss_amt_est REAL DEFAULT 0, gain_loss_amt REAL DEFAULT 0, gain_loss_pct_est REAL DEFAULT 0,
  gain_loss_pct REAL DEFAULT 0, buy_strat_type TEXT, buy_strat_name TEXT, buy_strat_freq TEXT, sell_strat_type TEXT,
  sell_strat_name TEXT, sell_strat_freq TEXT, bo_id INTEGER, bo_uuid TEXT UNIQUE, base_size_incr REAL,
  base_size_min REAL, quote_size_min REAL, sell_yn TEXT, hodl_yn TEXT, sell_block_yn TEXT DEFAULT 'N',
  sell_force_yn TEXT DEFAULT 'N', force_sell_tf INTEGER DEFAULT 0, ignore_tf INTEGER DEFAULT 0,
  error_tf INTEGER DEFAULT 0, reason TEXT, note1 TEXT, note2 TEXT, note3 TEXT, pos_begin_dttm TEXT, pos_end_dttm TEXT,
  pos_begin_unix INTEGER DEFAULT 0, pos_end_unix INTEGER DEFAULT 0, age_mins INTEGER DEFAULT 0,
  check_last_dttm TEXT DEFAULT CURRENT_TIMESTAMP, check_last_unix INTEGER DEFAULT 0,
  add_dttm TEXT DEFAULT CURRENT_TIMESTAMP, add_unix INTEGER DEFAULT 0, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  dlm_unix INTEGER DEFAULT 0
);
CREATE TABLE buy_ords (
  bo_id INTEGER PRIMARY KEY AUTOINCREMENT, test_txn_yn TEXT DEFAULT 'N', base_symb TEXT, symb TEXT, prod_id TEXT,
  buy_order_uuid TEXT UNIQUE, buy_client_order_id TEXT, ord_stat TEXT, buy_strat_type TEXT, buy_strat_name TEXT,
  buy_strat_freq TEXT, buy_cnt_est REAL DEFAULT 0, buy_cnt_act REAL DEFAULT 0, fees_cnt_act REAL DEFAULT 0,
  tot_out_cnt REAL DEFAULT 0, prc_buy_est REAL DEFAULT 0, prc_buy_act REAL DEFAULT 0, tot_prc_buy REAL DEFAULT 0,
  ignore_tf INTEGER DEFAULT 0, reason TEXT, note1 TEXT, note2 TEXT, buy_begin_dttm TEXT DEFAULT CURRENT_TIMESTAMP,
  buy_begin_unix INTEGER DEFAULT 0, buy_end_dttm TEXT, buy_end_unix INTEGER DEFAULT 0, elapsed_mins INTEGER DEFAULT 0,
  add_dttm TEXT DEFAULT CURRENT_TIMESTAMP, add_unix INTEGER DEFAULT 0, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  dlm_unix INTEGER DEFAULT 0
);
CREATE TABLE bals (
  bal_id INTEGER PRIMARY KEY AUTOINCREMENT, curr_uuid TEXT UNIQUE, symb TEXT, name TEXT, bal_avail REAL DEFAULT 0,
  bal_hold REAL DEFAULT 0, bal_tot REAL DEFAULT 0, rp_id TEXT, default_tf INTEGER DEFAULT 0,
  active_tf INTEGER DEFAULT 0, ready_tf INTEGER DEFAULT 0, create_dttm TEXT, curr_prc_usd REAL DEFAULT 0,
  curr_val_usd REAL DEFAULT 0, ignore_tf INTEGER DEFAULT 0, note1 TEXT, create_unix INTEGER DEFAULT 0,
  add_dttm TEXT DEFAULT CURRENT_TIMESTAMP, add_unix INTEGER DEFAULT 0, dlm TEXT DEFAULT CURRENT_TIMESTAMP,
  dlm_unix INTEGER DEFAULT 0, UNIQUE (symb, rp_id)
);
INSERT INTO poss (pos_id, test_txn_yn, base_symb, symb, prod_id, pos_stat, tot_out_cnt, tot_in_cnt, buy_fees_cnt, buy_cnt, hold_cnt,
  prc_buy, prc_curr, prc_high, prc_low, prc_chg_pct, buy_strat_type, buy_strat_name, buy_strat_freq, bo_id, bo_uuid,
  base_size_incr, sell_yn, hodl_yn, note1, pos_begin_dttm, pos_begin_unix, age_mins, check_last_dttm,
  check_last_unix, add_dttm, add_unix, dlm, dlm_unix)
VALUES (1, 'N', 'BTC', 'USDC', 'BTC-USDC', 'OPEN', 100.5, 0.0, 0.6, 0.00086931, 0.00086931, 115608.25, 116000.01, 116500.5, 115000.25, 0.34, 'up', 'sha', '1h', 1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 1e-08, 'N', 'N', 'first', '2025-08-10 12:00:00', 1754827200, 1290, '2025-08-11 09:30:15', 1754904615, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615);
INSERT INTO poss (pos_id, test_txn_yn, base_symb, symb, prod_id, pos_stat, tot_out_cnt, tot_in_cnt, buy_fees_cnt, buy_cnt, hold_cnt,
  prc_buy, prc_curr, prc_high, prc_low, prc_chg_pct, buy_strat_type, buy_strat_name, buy_strat_freq, bo_id, bo_uuid,
  base_size_incr, sell_yn, hodl_yn, note1, pos_begin_dttm, pos_begin_unix, age_mins, check_last_dttm,
  check_last_unix, add_dttm, add_unix, dlm, dlm_unix, sell_strat_type, sell_strat_name, sell_strat_freq,
  pos_end_dttm, pos_end_unix, gain_loss_amt, gain_loss_pct, ignore_tf)
VALUES (2, 'Y', 'ETH', 'USDC', 'ETH-USDC', 'CLOSE', 100.5, 0.0, 0.6, 0.00086931, 0.00086931, 4250.5, 116000.01, 116500.5, 115000.25, 0.34, 'up', 'sha', '1h', 2, '6ba7b811-9dad-11d1-80b4-00c04fd430c8', 1e-08, 'N', 'N', NULL, '2025-08-10 12:00:00', 1754827200, 1290, '2025-08-11 09:30:15', 1754904615, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615, 'profit', 'trail', '', '2025-08-11 09:30:15', 1754904615, -1.25, -1.24, 1);
INSERT INTO poss (pos_id, test_txn_yn, base_symb, symb, prod_id, pos_stat, tot_out_cnt, tot_in_cnt, buy_fees_cnt, buy_cnt, hold_cnt,
  prc_buy, prc_curr, prc_high, prc_low, prc_chg_pct, buy_strat_type, buy_strat_name, buy_strat_freq, bo_id, bo_uuid,
  base_size_incr, sell_yn, hodl_yn, note1, pos_begin_dttm, pos_begin_unix, age_mins, check_last_dttm,
  check_last_unix, add_dttm, add_unix, dlm, dlm_unix, pos_end_dttm)
VALUES (12, 'N', 'BTC', 'USDC', 'BTC-USDC', 'OPEN', 100.5, 0.0, 0.6, 0.00086931, 0.00086931, 115608.25, 116000.01, 116500.5, 115000.25, 0.34, 'up', 'sha', '1h', 1, 'poss-12', 1e-08, 'N', 'N', 'first', 2460897.5, 1754827200, 1290, '2025-08-11 09:30:15', 1754904615, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615, NULL);
INSERT INTO buy_ords (bo_id, test_txn_yn, base_symb, symb, prod_id, buy_order_uuid, buy_client_order_id, ord_stat, buy_strat_type,
  buy_strat_name, buy_strat_freq, buy_cnt_est, buy_cnt_act, fees_cnt_act, tot_out_cnt, prc_buy_est, prc_buy_act,
  buy_begin_dttm, buy_begin_unix, buy_end_dttm, buy_end_unix, add_dttm, add_unix, dlm, dlm_unix)
VALUES (1, 'N', 'BTC', 'USDC', 'BTC-USDC', '6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'c-1', 'FILL', 'up', 'sha', '1h', 0.00087, 0.00086931, 0.6, 100.5, 115600.0, 115608.25, '2025-08-10 12:00:00', 1754827200, '2025-08-10 12:00:00', 1754827200, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615);
INSERT INTO buy_ords (bo_id, test_txn_yn, base_symb, symb, prod_id, buy_order_uuid, buy_client_order_id, ord_stat, buy_strat_type,
  buy_strat_name, buy_strat_freq, buy_cnt_est, buy_cnt_act, fees_cnt_act, tot_out_cnt, prc_buy_est, prc_buy_act,
  buy_begin_dttm, buy_begin_unix, buy_end_dttm, buy_end_unix, add_dttm, add_unix, dlm, dlm_unix)
VALUES (2, 'N', 'ETH', 'USDC', 'ETH-USDC', '6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'c-2', 'OPEN', 'up', 'sha', '1h', 0.00087, 0.00086931, 0.6, 100.5, 115600.0, 115608.25, '2025-08-10 12:00:00', 1754827200, NULL, 0, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615);
INSERT INTO bals (bal_id, curr_uuid, symb, name, bal_avail, bal_hold, bal_tot, rp_id, default_tf, active_tf, ready_tf, create_dttm,
  curr_prc_usd, curr_val_usd, create_unix, add_dttm, add_unix, dlm, dlm_unix)
VALUES (1, 'd85dce9b-5b73-5c3c-8978-522ce1d1c1b4', 'BTC', 'BTC Wallet', 0.00086931, 0.0, 0.00086931, 'rp-1', 1, 1, 1, '2025-08-10 12:00:00', 116000.01, 100.83996869, 1754827200, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615);
INSERT INTO bals (bal_id, curr_uuid, symb, name, bal_avail, bal_hold, bal_tot, rp_id, default_tf, active_tf, ready_tf, create_dttm,
  curr_prc_usd, curr_val_usd, create_unix, add_dttm, add_unix, dlm, dlm_unix)
VALUES (2, '2b92315d-eab7-5bef-84fa-089a131333f5', 'USDC', 'USDC Wallet', 5000.25, 0.0, 5000.25, 'rp-1', 1, 1, 1, '2025-08-10 12:00:00', 1, 5000.25, 1754827200, '2025-08-10 12:00:00', 1754827200, '2025-08-11 09:30:15', 1754904615);
