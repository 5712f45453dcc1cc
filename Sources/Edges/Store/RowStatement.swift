// Protection argument for the unsafe calls: a `RowStatement` holds GRDB's `Statement`, which owns
// the SQLite handle and lives as long as it; the handle is taken out anew for every call and never
// stored. Statements are made, bound and stepped inside one access to the writing connection, which
// GRDB serialises. Every bound value is a number, or a text that lives as long as the process
// (`StaticString`), so that SQLite keeps no pointer into Swift memory. Every call's result is
// checked before the next one.

import GRDB
import GRDBSQLite

/// A prepared statement that is bound and run once per row, or gives many rows, without the boxing
/// that GRDB's arguments and rows cost.
struct RowStatement {
    private let statement: Statement
    private let database: Database

    init(_ sql: String, _ database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        self.database = database
    }

    func bind(_ index: Int32, _ value: Int64) {
        check(unsafe sqlite3_bind_int64(statement.sqliteStatement, index, value))
    }

    func bind(_ index: Int32, _ value: Int64?) {
        if let value {
            bind(index, value)
        } else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
        }
    }

    /// SQLite stores NaN as NULL by itself; infinities are no measurement either.
    func bind(_ index: Int32, _ value: Double) {
        if value.isFinite {
            check(unsafe sqlite3_bind_double(statement.sqliteStatement, index, value))
        } else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
        }
    }

    func bind(_ index: Int32, _ text: StaticString?) {
        guard let text else {
            check(unsafe sqlite3_bind_null(statement.sqliteStatement, index))
            return
        }
        let result = text.withUTF8Buffer { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                // No destructor: a StaticString is never freed.
                unsafe sqlite3_bind_text(
                    statement.sqliteStatement, index, characters.baseAddress,
                    Int32(characters.count), nil)
            }
        }
        check(result)
    }

    /// `true` when a row was written, `false` when it was there already.
    @discardableResult
    func run() throws -> Bool {
        let result = unsafe sqlite3_step(statement.sqliteStatement)
        let message = result == SQLITE_DONE ? "" : database.lastErrorMessage ?? ""
        unsafe sqlite3_reset(statement.sqliteStatement)
        guard result == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: result), message: message)
        }
        // GRDB's own count asks on every call which queue it runs on.
        return unsafe sqlite3_changes(sqlite3_db_handle(statement.sqliteStatement)) > 0
    }

    /// Runs it, and lends itself for every row it gives.
    func forEachRow(_ body: (RowStatement) throws -> Void) throws {
        defer { unsafe sqlite3_reset(statement.sqliteStatement) }
        while true {
            let result = unsafe sqlite3_step(statement.sqliteStatement)
            if result == SQLITE_DONE { return }
            guard result == SQLITE_ROW else {
                throw DatabaseError(
                    resultCode: ResultCode(rawValue: result), message: database.lastErrorMessage)
            }
            try body(self)
        }
    }

    /// A column of the row in hand, from 0; zero for NULL.
    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(statement.sqliteStatement, column)
    }

    /// A column of the row in hand, from 0; NaN for NULL.
    func real(_ column: Int32) -> Double {
        let isNull =
            unsafe sqlite3_column_type(statement.sqliteStatement, column) == SQLITE_NULL
        return isNull ? .nan : unsafe sqlite3_column_double(statement.sqliteStatement, column)
    }

    /// Binding fails only for a wrong index or a statement that is still running.
    private func check(_ result: Int32) {
        precondition(result == SQLITE_OK, "BUG: a column of a row could not be bound")
    }
}
